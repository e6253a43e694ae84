-- migrate:up

-- What queues are counted, filtered and sorted by. What was there before is read from its state.
ALTER TABLE referral
    ADD COLUMN stage       text NOT NULL DEFAULT 'new',
    ADD COLUMN kind        text NOT NULL DEFAULT '',
    ADD COLUMN area        text NOT NULL DEFAULT '',
    ADD COLUMN phase       text NOT NULL DEFAULT '',
    ADD COLUMN need        text NOT NULL DEFAULT '',
    ADD COLUMN asks_for    text NOT NULL DEFAULT '',
    ADD COLUMN due_on      date NOT NULL DEFAULT 'infinity',
    ADD COLUMN changed_at  timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN assigned_to text,
    ADD COLUMN assigned_at timestamptz,
    ADD COLUMN answered_at timestamptz,
    ADD COLUMN ended_at    timestamptz,
    ADD COLUMN review_open boolean NOT NULL DEFAULT false;

UPDATE referral SET
    stage = CASE
        WHEN status = 'routed' THEN 'new'
        WHEN status = 'accepted' THEN 'working'
        WHEN status = 'returned' THEN 'school'
        WHEN status IN ('queued', 'listed', 'deferred', 'heard') THEN 'panel'
        ELSE 'ended'
    END,
    kind = state->>'destination_kind',
    area = state->>'area',
    phase = state->>'phase',
    need = state->>'primary_need',
    asks_for = state->>'asks_for',
    due_on = COALESCE((state->>'review_on')::date, (state->>'next_step_by')::date, answer_by),
    review_open = status = 'concluded',
    changed_at = (state->>'changed_at')::timestamptz,
    answered_at = CASE WHEN status NOT IN ('routed', 'withdrawn', 'queued', 'listed', 'deferred')
        THEN (state->>'changed_at')::timestamptz END,
    ended_at = CASE WHEN status IN ('concluded', 'withdrawn', 'decided')
        THEN (state->>'changed_at')::timestamptz END;

-- The work in hand is a small part of all that was ever sent: each tab of a queue reads it alone.
CREATE INDEX referral_in_hand ON referral (destination, due_on, id) WHERE stage <> 'ended';
CREATE INDEX referral_in_hand_by_age ON referral (received_at, id) WHERE stage <> 'ended';
CREATE INDEX referral_to_review ON referral (urn, due_on) WHERE review_open;
-- Counts and lists of what has ended, with every filter, without reading the states.
CREATE INDEX referral_ended ON referral (destination, received_at, id)
    INCLUDE (urn, area, kind, need, phase, asks_for, assigned_to) WHERE stage = 'ended';
CREATE INDEX referral_ended_by_age ON referral (ended_at, id) WHERE stage = 'ended';

-- How long each destination's referrals were expected to wait, as it was said on each day.
CREATE TABLE expected_wait (
    destination text NOT NULL,
    until       text NOT NULL CHECK (until IN ('answer', 'end')),
    day         date NOT NULL,
    cases       int  NOT NULL,
    median      int,
    p80         int,
    beyond      int,
    PRIMARY KEY (destination, until, day)
);

-- migrate:down

DROP TABLE expected_wait;
DROP INDEX referral_ended_by_age, referral_to_review, referral_ended, referral_in_hand_by_age, referral_in_hand;
ALTER TABLE referral
    DROP COLUMN stage, DROP COLUMN kind, DROP COLUMN area, DROP COLUMN phase, DROP COLUMN need,
    DROP COLUMN asks_for, DROP COLUMN due_on, DROP COLUMN changed_at, DROP COLUMN assigned_to,
    DROP COLUMN assigned_at, DROP COLUMN answered_at, DROP COLUMN ended_at, DROP COLUMN review_open;
