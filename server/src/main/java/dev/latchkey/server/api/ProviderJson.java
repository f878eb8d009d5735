package dev.latchkey.server.api;

import dev.latchkey.catalogue.docs.SetupSteps;
import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.providers.EnvironmentProviders;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A provider as the API shows it, in Nango's notation. */
public final class ProviderJson {
    private final URI publicUrl;

    public ProviderJson(URI publicUrl) {
        this.publicUrl = publicUrl;
    }

    String logo(EnvironmentProviders there, String provider) {
        return publicUrl + "/images/template-logos/" + there.logo(provider) + ".svg";
    }

    /** Where the provider sends its webhooks for this integration. */
    String webhookUrl(Integration integration) {
        return publicUrl + "/webhook/" + integration.environment() + "/"
                + PercentEncoding.encode(integration.uniqueKey());
    }

    /** @param there where it was found */
    ObjectNode write(EnvironmentProviders there, Provider provider) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("name", provider.id())
                .put("display_name", provider.name())
                .put("logo_url", logo(there, provider.id()));
        if (there.isOwn(provider.id())) {
            json.put("own", true);
        }
        provider.about().tags().forEach(json.putArray("categories")::add);
        AuthFacts facts = provider.auth().facts();
        json.put("auth_mode", facts.mode());
        json.put("opens_page", facts.opensPage());
        facts.endpoints().forEach((name, url) -> json.put(name, text(url)));
        facts.pkce().ifPresent(pkce -> json.put("disable_pkce", !pkce));
        facts.scopes().ifPresent(scopes -> scopes(json, scopes));
        api(json, provider.api());
        fields(json, provider);
        json.put("docs", provider.about().docs().toString());
        provider.about().help().ifPresent(help -> json.put("docs_connect", help.toString()));
        setup(json, SetupSteps.of(provider));
        return json;
    }

    /** Suggestions for the integration's scopes; the vendor's page has all of them. */
    private static void scopes(ObjectNode json, Scopes scopes) {
        if (!scopes.known().isEmpty()) {
            ArrayNode list = json.putArray("scopes");
            scopes.known().forEach(scope -> {
                ObjectNode one = list.addObject().put("name", scope.name());
                scope.description().ifPresent(text -> one.put("description", text));
            });
        }
        scopes.docs().ifPresent(page -> json.put("scopes_docs", page.toString()));
        if (!scopes.requested(List.of()).isEmpty()) {
            scopes.requested(List.of()).forEach(json.putArray("default_scopes")::add);
        }
    }

    private void setup(ObjectNode json, Provider.Setup setup) {
        ObjectNode one = json.putObject("setup");
        setup.page().ifPresent(page -> one.put("page", page.toString()));
        ArrayNode steps = one.putArray("steps");
        setup.steps().forEach(step -> steps.add(step.replace(Provider.Setup.CALLBACK, publicUrl + "/oauth/callback")));
    }

    private static void api(ObjectNode json, Api api) {
        api.base().ifPresent(base -> {
            ObjectNode proxy = json.putObject("proxy").put("base_url", text(base));
            if (!api.headers().isEmpty()) {
                ObjectNode headers = proxy.putObject("headers");
                api.headers().forEach((name, value) -> headers.put(name, text(value)));
            }
            retry(proxy, api.refusals().retry());
            api.page().ifPresent(page -> paginate(proxy, page));
        });
    }

    private static void retry(ObjectNode proxy, Api.Retry retry) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        put(json, "at", retry.at());
        put(json, "after", retry.after());
        retry.remaining().ifPresent(header -> json.put("remaining", header));
        put(json, "error_code", retry.on());
        if (!json.isEmpty()) {
            proxy.set("retry", json);
        }
    }

    private static void put(ObjectNode json, String name, List<String> values) {
        if (!values.isEmpty()) {
            values.forEach(json.putArray(name)::add);
        }
    }

    private static void paginate(ObjectNode proxy, Api.Page page) {
        ObjectNode json = proxy.putObject("paginate");
        switch (page.style()) {
            case Api.Page.Style.Cursor cursor ->
                json.put("type", "cursor")
                        .put("cursor_path_in_response", cursor.from().text())
                        .put("cursor_name_in_request", cursor.to());
            case Api.Page.Style.Link link -> {
                json.put("type", "link");
                link.from().ifPresent(path -> json.put("link_path_in_response_body", path.text()));
                link.rel().ifPresent(rel -> json.put("link_rel_in_response_header", rel));
            }
            case Api.Page.Style.Offset offset -> offset(json, offset);
        }
        page.limit().ifPresent(limit -> json.put("limit_name_in_request", limit));
        page.items().ifPresent(items -> json.put("response_path", items.text()));
    }

    /** As Nango's catalogue writes it, which leaves out that items are counted from 0. */
    private static void offset(ObjectNode json, Api.Page.Style.Offset offset) {
        json.put("type", "offset").put("offset_name_in_request", offset.to());
        if (offset.counts() == Api.Page.Style.Counts.PAGES) {
            json.put("offset_calculation_method", "per-page");
        }
        if (offset.first() != 0) {
            json.put("offset_start_value", offset.first());
        }
    }

    private static void fields(ObjectNode json, Provider provider) {
        for (Map.Entry<String, Field> entry : provider.fields().entrySet()) {
            Field field = entry.getValue();
            boolean secret = field.scope() == Field.Scope.SECRET || field.scope() == Field.Scope.ONCE;
            if (field.scope() == Field.Scope.INTEGRATION || field.fixed().isPresent()) {
                continue;
            }
            ObjectNode group = json.withObject(secret ? "/credentials" : "/connection_config");
            ObjectNode one = group.putObject(field.id());
            one.put("type", "string")
                    .put("title", field.label().title().orElse(""))
                    .put("description", field.label().description().orElse(""));
            field.accepts()
                    .check()
                    .map(com.google.re2j.Pattern::pattern)
                    .or(() -> field.type().pattern())
                    .ifPresent(pattern -> one.put("pattern", pattern));
            field.label().prefix().ifPresent(prefix -> one.put("prefix", prefix));
            field.label().suffix().ifPresent(suffix -> one.put("suffix", suffix));
            field.label().example().ifPresent(example -> one.put("example", example));
            field.defaultValue().ifPresent(value -> one.put("default_value", value));
            if (!field.accepts().choices().isEmpty()) {
                field.accepts().choices().forEach(one.putArray("enum")::add);
            }
            if (field.type() == Field.Type.URI
                    || field.type() == Field.Type.HOSTNAME
                    || field.type() == Field.Type.EMAIL) {
                one.put("format", field.type().name().toLowerCase(Locale.ROOT));
            }
            if (secret) {
                one.put("secret", true);
            }
            if (field.source().isPresent()) {
                one.put("automated", true);
            }
            if (!field.required()) {
                one.put("optional", true);
            }
        }
    }

    private static String text(Text text) {
        return text.alternatives().stream().map(Template::nangoNotation).collect(Collectors.joining(" || "));
    }
}
