-- migrate:up

-- Which cases wait for one person's answer: a chair's, or that of whoever answers for what was escalated.
ALTER TABLE placement_case ADD COLUMN waits_for text CHECK (waits_for IN ('chair', 'manager'));
CREATE INDEX placement_case_waits_for ON placement_case (waits_for, panel) WHERE waits_for IS NOT NULL;

-- When a chair acted between sittings: the next sitting of the panel is told.
ALTER TABLE placement_case ADD COLUMN chair_acted_at timestamptz;
CREATE INDEX placement_case_chair_acted ON placement_case (panel, chair_acted_at) WHERE chair_acted_at IS NOT NULL;

-- migrate:down

ALTER TABLE placement_case DROP COLUMN waits_for, DROP COLUMN chair_acted_at;
