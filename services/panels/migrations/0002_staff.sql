-- migrate:up

-- Members of staff, as the referrals service tells of them: who may sign in here.
CREATE TABLE staff (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL,
    subject text NOT NULL
);
CREATE INDEX staff_by_subject ON staff (subject);

-- migrate:down

DROP TABLE staff;
