-- migrate:up

-- A sitting may be cancelled.
ALTER TABLE sitting DROP CONSTRAINT sitting_status_check, ADD CONSTRAINT sitting_status_check CHECK (
    status IN ('scheduled', 'confirmed', 'locked', 'held', 'lapsed', 'cancelled')
);

-- migrate:down

ALTER TABLE sitting DROP CONSTRAINT sitting_status_check, ADD CONSTRAINT sitting_status_check CHECK (
    status IN ('scheduled', 'confirmed', 'locked', 'held', 'lapsed')
);
