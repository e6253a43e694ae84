-- migrate:up

-- These grow with each fact and are asked for by their whole keys alone: their statistics choose nothing. Looked at
-- anew with each tenth more, as all tables are, they would take a good part of what autovacuum uses in a growing town.
ALTER TABLE inbox SET (autovacuum_analyze_scale_factor = 1);
ALTER TABLE inbox_latest SET (autovacuum_analyze_scale_factor = 1);
ALTER TABLE attempt SET (autovacuum_analyze_scale_factor = 1);

-- migrate:down

ALTER TABLE attempt RESET (autovacuum_analyze_scale_factor);
ALTER TABLE inbox_latest RESET (autovacuum_analyze_scale_factor);
ALTER TABLE inbox RESET (autovacuum_analyze_scale_factor);
