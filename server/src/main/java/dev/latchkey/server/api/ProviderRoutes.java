package dev.latchkey.server.api;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.Logo;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.vault.Hash;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.HexFormat;
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
        routing.get("/images/template-logos/{file}", this::logo);
    }

    /** For whoever shows it: no key needed. An id that is not (or no longer) known has a monogram. */
    private void logo(ServerRequest request, ServerResponse response) {
        String id = request.path().pathParameters().get("file").replaceFirst("\\.svg$", "");
        String svg = catalogue.find(id).map(Logo::svg).orElseGet(() -> Logo.monogram(id));
        String tag = '"' + HexFormat.of().formatHex(Hash.of(svg), 0, 8) + '"';
        response.header(HeaderNames.ETAG, tag);
        response.header(HeaderNames.CACHE_CONTROL, "public, max-age=86400");
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        response.header(HeaderNames.create("Content-Security-Policy"), "default-src 'none'; style-src 'unsafe-inline'");
        response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
        if (request.headers()
                .first(HeaderNames.IF_NONE_MATCH)
                .filter(tag::equals)
                .isPresent()) {
            response.status(Status.NOT_MODIFIED_304).send();
            return;
        }
        response.header(HeaderNames.CONTENT_TYPE, "image/svg+xml");
        response.send(svg);
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
}
