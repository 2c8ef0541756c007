-- Certificates that attendants' programs ask for where the company's root is kept elsewhere: one request of an operator waits at most.
CREATE TABLE enrolment_requests (
    operator BLOB    NOT NULL PRIMARY KEY REFERENCES operators (id),
    tenant   BLOB    NOT NULL REFERENCES tenants (id),
    -- As the certificate will have it: what the fingerprint stands for.
    name     TEXT    NOT NULL,
    request  BLOB    NOT NULL CHECK (length(request) <= 2048),
    asked_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX enrolment_requests_of_tenant ON enrolment_requests (tenant, asked_at);

-- The newest certificate of an attendant, wherever it was signed.
CREATE TABLE attendant_certificates (
    operator    BLOB    NOT NULL PRIMARY KEY REFERENCES operators (id),
    tenant      BLOB    NOT NULL REFERENCES tenants (id),
    certificate BLOB    NOT NULL CHECK (length(certificate) <= 2048),
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attendant_certificates_of_tenant ON attendant_certificates (tenant);
