-- migrate:up

-- The messages to send are found by walking an index, whatever the statistics say: to make these anew with each fiftieth
-- row that changed took more than all else that autovacuum did, the more the more messages there were.
ALTER TABLE message SET (autovacuum_analyze_scale_factor = 0.2);

-- migrate:down

ALTER TABLE message SET (autovacuum_analyze_scale_factor = 0.02);
