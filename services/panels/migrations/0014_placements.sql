-- migrate:up

-- A child's way to a place. since is when it began to wait.
CREATE TABLE placement (
    id          text        PRIMARY KEY,
    version     int         NOT NULL,
    said        int         NOT NULL,
    state       json        NOT NULL,
    referral_id text        NOT NULL,
    panel       text        NOT NULL,
    status      text        NOT NULL CHECK (
        status IN ('awaiting', 'offered', 'accepted', 'confirmed', 'started', 'ended')
    ),
    area        text        NOT NULL,
    kind        text,
    short       boolean     NOT NULL,
    since       timestamptz NOT NULL,
    asks        text
) WITH (fillfactor = 80);

-- Referrals in the queue of an Education Support Centre, as the referrals service tells of them.
CREATE TABLE centre_request (
    id      text PRIMARY KEY,  -- the referral's
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
);
CREATE INDEX placement_in_order ON placement (status, since, id);
CREATE UNIQUE INDEX placement_of_referral ON placement (referral_id);

-- migrate:down

DROP TABLE centre_request, placement;
