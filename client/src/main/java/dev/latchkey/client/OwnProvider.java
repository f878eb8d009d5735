package dev.latchkey.client;

/** A provider that an environment defines itself. @param json as {@code GET /providers/{name}} returns it */
public record OwnProvider(Json json) {
    /** @throws IllegalArgumentException naming a member that it must have */
    public OwnProvider {
        Required.text(json, "name");
    }

    static OwnProvider read(Json json) {
        return new OwnProvider(json.get("data"));
    }

    /** What an integration names as its provider. */
    public String id() {
        return Required.text(json, "name");
    }

    /** For people. */
    public String name() {
        return json.get("display_name").text().orElse("");
    }

    /** {@code OAUTH2, API_KEY, DATASTORE ...} */
    public String authMode() {
        return json.get("auth_mode").text().orElse("");
    }
}
