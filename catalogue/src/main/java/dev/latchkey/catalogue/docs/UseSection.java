package dev.latchkey.catalogue.docs;

import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.catalogue.template.Template;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What a backend sends from the integration to the first call: the same three requests for all, with this provider's names. */
final class UseSection {
    /** Whose app is an id and a secret. */
    private static final Set<String> PAIRS = Set.of("OAUTH2", "OAUTH1", "TBA", "MCP_OAUTH2");

    private static final String KEY = "-H \"Authorization: Bearer $NANGO_SECRET_KEY\"";
    private static final String JSON = KEY + " -H 'Content-Type: application/json'";

    private final Provider provider;

    UseSection(Provider provider) {
        this.provider = provider;
    }

    List<String> lines() {
        return List.of(
                "\n## Use\n",
                "[Your first integration](../start/first-integration.md#1-start-latchkey) sets the variables, and has whole programs in Node, Python and"
                        + " Java.\n",
                "```sh",
                "# Once: the integration" + app(),
                "curl -X POST \"$NANGO_HOST/integrations\" " + JSON + " \\",
                "  -d '" + integration() + "'",
                "# For each user: open the response's connect_link; a webhook then brings the connection's id",
                "curl -X POST \"$NANGO_HOST/connect/sessions\" " + JSON + " \\",
                "  -d '{\"end_user\": {\"id\": \"user-1\"}, \"allowed_integrations\": [\"" + provider.id() + "\"]}'",
                example()
                        .map(path -> "# From then on: a call with the user's credential")
                        .orElse("# From then on: a credential that works"),
                example()
                        .map(path -> "curl \"$NANGO_HOST/proxy" + path + "\" " + KEY + " -H \"Provider-Config-Key: "
                                + provider.id() + "\" -H \"Connection-Id: $CONNECTION_ID\"")
                        .orElse("curl \"$NANGO_HOST/connections/$CONNECTION_ID?provider_config_key=" + provider.id()
                                + "\" " + KEY),
                "```");
    }

    private String app() {
        if (needsPair()) {
            return ", with your app's id and secret";
        }
        return hasApp() ? " in the lab; your own app has the credentials of Set up" : "";
    }

    private boolean hasApp() {
        return provider.auth().facts().needsClient()
                || provider.auth().facts().installedApp().isPresent();
    }

    private boolean needsPair() {
        return provider.auth().facts().needsClient()
                && PAIRS.contains(provider.auth().facts().mode());
    }

    private String integration() {
        String start = "{\"provider\": \"" + provider.id() + "\", \"unique_key\": \"" + provider.id() + "\"";
        if (hasApp() && !needsPair()) {
            return start + ", \"lab\": true}";
        }
        return needsPair()
                ? start + ", \"credentials\": {\"type\": \""
                        + provider.auth().facts().mode()
                        + "\", \"client_id\": \"CLIENT_ID\", \"client_secret\": \"CLIENT_SECRET\"}}"
                : start + "}";
    }

    /** The path of a call that reads, and needs no value of a connection. */
    private Optional<String> example() {
        return provider.auth().facts().speaksHttp()
                ? reads().filter(call ->
                                call.method() == Call.Method.GET && call.query().isEmpty())
                        .flatMap(call -> call.url().alternatives().stream())
                        .filter(template -> template.references().isEmpty())
                        .map(Template::source)
                        .filter(path -> path.matches("/[A-Za-z0-9/_.-]+"))
                        .findFirst()
                : Optional.empty();
    }

    private Stream<Call> reads() {
        Stream<Call> probes = provider.calls().verification() instanceof Verification.Probe probe
                ? probe.calls().stream()
                : Stream.empty();
        return Stream.concat(probes, provider.calls().afterConnect().stream().flatMap(step -> step.call().stream()));
    }
}
