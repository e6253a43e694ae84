-- migrate:up

-- Codes of six digits for a family's page, salted and hashed; one that was told by hand, with who did so and why.
-- All times are real time.
CREATE TABLE page_code (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    referral_id text        NOT NULL,
    person_id   text        NOT NULL,
    way         text        NOT NULL CHECK (way IN ('email', 'text', 'by-hand')),
    salt        bytea       NOT NULL,
    digest      bytea       NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    tries       int         NOT NULL DEFAULT 0,
    over        boolean     NOT NULL DEFAULT false,
    given_by    text,
    why         text
);
CREATE INDEX page_code_of_a_person ON page_code (referral_id, person_id, id);

-- Browsers that had the right code: only the SHA-256 of the cookie is kept.
CREATE TABLE page_proof (
    digest      bytea       NOT NULL CHECK (octet_length(digest) = 32),
    referral_id text        NOT NULL,
    person_id   text        NOT NULL,
    ends_at     timestamptz NOT NULL,
    PRIMARY KEY (digest, referral_id, person_id)
);
CREATE INDEX page_proof_ends ON page_proof (ends_at);
CREATE INDEX page_proof_of_a_referral ON page_proof (referral_id, person_id);

-- migrate:down

DROP TABLE page_proof, page_code;
