package dev.latchkey.client;

/** A job that refreshes many connections in the background. @param json as the server returns it */
public record RefreshJob(Json json) {
    /** @throws IllegalArgumentException naming a member that it must have */
    public RefreshJob {
        Required.text(json, "id");
        Required.text(json, "state");
    }

    static RefreshJob read(Json json) {
        return new RefreshJob(json.get("data"));
    }

    /** For {@link Connections#refreshJob}. */
    public String id() {
        return Required.text(json, "id");
    }

    /** Whether it is over: done or cancelled. */
    public boolean finished() {
        return !Required.text(json, "state").equals("running");
    }

    /** How many connections it has. */
    public long total() {
        return json.get("total").asLong();
    }

    /** How many were refreshed so far. */
    public long refreshed() {
        return json.get("refreshed").asLong();
    }

    /** How many could not be refreshed. */
    public long failed() {
        return json.get("failed").asLong();
    }
}
