-- migrate:up

-- Codes for families' pages that schools handed over: by whom and why, and the digest alone.
CREATE TABLE page_code (
    id          text PRIMARY KEY,
    version     int  NOT NULL,
    said        int  NOT NULL,
    state       json NOT NULL,
    referral_id text NOT NULL
);
CREATE INDEX page_code_of_a_referral ON page_code (referral_id);

-- migrate:down

DROP TABLE page_code;
