package dev.latchkey.server.api;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.server.operations.Json;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.HttpRouting;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /providers}: what can be connected. */
public final class ProviderRoutes {
    private final Catalogue catalogue;
    private final ProviderJson json;

    public ProviderRoutes(Catalogue catalogue, ProviderJson json) {
        this.catalogue = catalogue;
        this.json = json;
    }

    public void register(Router router, HttpRouting.Builder routing) {
        router.either(Method.GET, "/providers", "environment:integrations:list", this::list);
        router.either(Method.GET, "/providers/{name}", "environment:integrations:list", this::get);
        routing.get("/images/template-logos/{file}", (request, response) -> {
            String id = request.path().pathParameters().get("file").replaceFirst("\\.svg$", "");
            String name = catalogue.find(id).map(Provider::name).orElse("?");
            response.header(HeaderNames.CONTENT_TYPE, "image/svg+xml");
            response.header(HeaderNames.CACHE_CONTROL, "public, max-age=86400");
            response.header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
            response.send(monogram(id, name));
        });
    }

    private Router.Answer list(Router.Call call) {
        Query query = call.query();
        Optional<String> search = query.text("search").map(text -> text.toLowerCase(Locale.ROOT));
        query.end();
        ArrayNode found = Json.MAPPER.createArrayNode();
        catalogue.all().stream()
                .filter(provider -> search.isEmpty()
                        || provider.id().contains(search.get())
                        || provider.name().toLowerCase(Locale.ROOT).contains(search.get()))
                .map(json::write)
                .forEach(found::add);
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", found);
        return Router.Answer.ok(body);
    }

    private Router.Answer get(Router.Call call) {
        Provider provider = catalogue
                .find(call.path("name"))
                .orElseThrow(() -> ApiError.notFound("There is no provider of this name; GET /providers lists them."));
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", json.write(provider));
        return Router.Answer.ok(body);
    }

    /** A letter on a colour of its own, the same on every start. */
    static String monogram(String id, String name) {
        int hue = Math.floorMod(id.hashCode(), 360);
        String letter = name.substring(0, 1).toUpperCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]", "?");
        return """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="14" fill="hsl(%d 55%% 42%%)"/>\
                <text x="32" y="44" font-family="system-ui,sans-serif" font-size="34" font-weight="600" text-anchor="middle" fill="#fff">%s</text></svg>""".formatted(hue, letter);
    }
}
