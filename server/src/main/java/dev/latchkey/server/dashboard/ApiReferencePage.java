package dev.latchkey.server.dashboard;

import dev.latchkey.server.pages.Pages;
import dev.latchkey.server.pages.templates.StaticTemplates;
import io.helidon.webserver.http.HttpRules;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/** {@code /docs/api}: the API's description, public and without a script. */
public final class ApiReferencePage {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private final Supplier<? extends JsonNode> description;

    /** @param description OpenAPI 3.1 */
    public ApiReferencePage(Supplier<? extends JsonNode> description) {
        this.description = description;
    }

    public void register(HttpRules routing) {
        routing.get("/docs/api", (request, response) -> {
            Pages.headers(response);
            response.send(TEMPLATES
                    .apiReference(ApiReference.of(description.get()))
                    .render()
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        });
    }
}
