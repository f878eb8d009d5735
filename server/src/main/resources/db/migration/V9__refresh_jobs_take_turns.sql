-- RefreshJobs.lease: the job that has waited longest for its turn comes first, so that a small one is not behind a large one.
ALTER TABLE refresh_jobs ADD COLUMN turn_at timestamptz NOT NULL DEFAULT now();
-- Ended before it was done, by a caller.
ALTER TABLE refresh_jobs ADD COLUMN cancelled boolean NOT NULL DEFAULT false;
