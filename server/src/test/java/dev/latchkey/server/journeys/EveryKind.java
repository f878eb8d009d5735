package dev.latchkey.server.journeys;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.PostgresForTests;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** How a session connects by every kind of authentication, against the lab: generated from the kinds and the catalogue. */
public final class EveryKind {
    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final int OF_EACH_KIND = 3;
    /** No shipped definition is of this kind. */
    private static final String PLUGIN = """
            id: plugin
            name: Plugin
            api_docs: https://example.com/docs
            fields: { siteId: { scope: connection, from: callback.site_id } }
            auth: { kind: plugin_install, install: "https://plugin.example/install?app=${app.clientId}", callback: [site_id] }
            api:
              base: "https://plugin.example/sites/${config.siteId}"
              headers: { authorization: "Basic ${base64(app.clientId + ':' + app.clientSecret)}" }
            """;

    /** Nor this. */
    private static final String WSSE = """
            id: wsse
            name: WSSE
            api_docs: https://example.com/docs
            fields: { username: { scope: secret }, password: { scope: secret } }
            auth: { kind: signed_token, alg: WSSE, key: "${secret.password}", lifetime: 5m }
            api: { base: "https://wsse.example", headers: { x-wsse: "${token.access}" } }
            verify: { calls: [{ call: GET /me }] }
            """;

    private final Latchkey latchkey;

    /**
     * A server on which each kind connects.
     *
     * @param folder for what the journeys need beside the catalogue
     * @param more settings
     */
    public static Latchkey start(Path folder, Map<String, String> more) throws IOException {
        define(folder);
        Map<String, String> settings = new HashMap<>(Map.of(
                "LATCHKEY_PROVIDERS_DIR", folder.toString(),
                "LATCHKEY_EGRESS_ALLOW", "localhost,127.0.0.1",
                "LATCHKEY_FLOW_RATE_LIMIT", "100000",
                "LATCHKEY_REFRESH_AHEAD", "false"));
        settings.putAll(more);
        return Latchkey.start(settings);
    }

    /** @param latchkey with the settings of {@link #start} */
    public EveryKind(Latchkey latchkey) {
        this.latchkey = latchkey;
    }

    /** One way in which a session connects. */
    public enum Way {
        OF_ITS_KIND,
        /** A code typed on another device (RFC 8628). */
        DEVICE,
        /** An installation that begins at the provider. */
        OUTBOUND
    }

    public record Journey(String provider, Way way) {
        /** Of its integration. */
        public String key() {
            return provider + "-" + way.name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        public boolean throughABrowser() {
            return way == Way.OF_ITS_KIND
                    && LabFlow.isThroughABrowser(EveryKind.provider(provider).auth());
        }
    }

    /** Writes what the journeys need beside the catalogue. */
    public static void define(Path folder) throws IOException {
        Files.writeString(folder.resolve("plugin.yaml"), PLUGIN);
        Files.writeString(folder.resolve("wsse.yaml"), WSSE);
    }

    private static List<Provider> all() {
        return Stream.concat(
                        CATALOGUE.all().stream(),
                        Stream.of(PLUGIN, WSSE).map(text -> CATALOGUE.read(text, Reach.PUBLIC)))
                .sorted(Comparator.comparing(Provider::id))
                .toList();
    }

    public static Provider provider(String id) {
        return all().stream()
                .filter(provider -> provider.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    /** The variants of {@link Auth}: some are grouped by interfaces of their own. */
    public static Set<Class<?>> kinds() {
        return records(Auth.class).collect(Collectors.toSet());
    }

    private static Stream<Class<?>> records(Class<?> kind) {
        return kind.isInterface()
                ? Arrays.stream(kind.getPermittedSubclasses())
                        .flatMap(EveryKind::records)
                        .distinct()
                : Stream.of(kind);
    }

    public static List<Journey> journeys() {
        List<Journey> journeys = new ArrayList<>();
        for (Class<?> kind :
                kinds().stream().sorted(Comparator.comparing(Class::getName)).toList()) {
            List<Provider> ofKind = all().stream()
                    .filter(provider -> kind.isInstance(provider.auth()))
                    .toList();
            // PostgreSQL is at hand; DatastoresTest connects the others.
            List<Provider> played = kind == Auth.Datastore.class
                    ? ofKind.stream()
                            .filter(provider -> provider.id().equals("postgres"))
                            .toList()
                    : ofKind;
            journeys.addAll(some(played));
        }
        journeys.add(new Journey("github", Way.DEVICE));
        all().stream()
                .filter(provider -> provider.auth() instanceof Auth.AppInstallation)
                .forEach(provider -> journeys.add(new Journey(provider.id(), Way.OUTBOUND)));
        return journeys;
    }

    /** From all over the list: neighbours are alike. */
    private static List<Journey> some(List<Provider> all) {
        int step = Math.max(1, all.size() / OF_EACH_KIND);
        return IntStream.range(0, Math.min(OF_EACH_KIND, all.size()))
                .mapToObj(i -> new Journey(all.get(i * step).id(), Way.OF_ITS_KIND))
                .toList();
    }

    /** Some providers of each {@code auth_mode}, which is finer than the kinds. */
    public static List<Journey> ofEveryMode(Set<String> modes) {
        Map<String, List<Provider>> providers = all().stream()
                .collect(Collectors.groupingBy(
                        provider -> provider.auth().facts().mode(), TreeMap::new, Collectors.toList()));
        return providers.entrySet().stream()
                .filter(mode -> modes.contains(mode.getKey()))
                .flatMap(mode -> some(mode.getValue()).stream())
                .toList();
    }

    public void integrate(Journey journey) {
        Auth auth = provider(journey.provider()).auth();
        if (auth instanceof Auth.Datastore) {
            latchkey.call("POST", "/integrations", """
                    {"provider": "%s", "unique_key": "%s"}""".formatted(journey.provider(), journey.key()), 200);
            return;
        }
        latchkey.labIntegration(journey.provider(), journey.key());
        latchkey.call(
                "PATCH", "/integrations/" + journey.key(), """
                {"accept_unproven_installations": %s, "custom": {"device_flow": "true"}}""".formatted(auth instanceof Auth.PluginInstall), 200);
    }

    public LabFlow flow(Journey journey) {
        return new LabFlow(latchkey, provider(journey.provider()), journey.key());
    }

    /** @return the response that ends the flow: a page, a redirect, or JSON with the {@code connectionId} */
    public HttpResponse<String> connect(Journey journey, String session) {
        return switch (journey.way()) {
            case DEVICE -> byCode(journey.key(), session);
            case OUTBOUND -> typed("/auth/oauth-outbound/" + journey.key(), session, "{}");
            case OF_ITS_KIND -> ofItsKind(journey, session);
        };
    }

    private HttpResponse<String> ofItsKind(Journey journey, String session) {
        if (provider(journey.provider()).auth() instanceof Auth.Datastore) {
            return typed(
                    "/auth/datastore/" + journey.key(),
                    session,
                    Json.MAPPER
                            .createObjectNode()
                            .put("connection_string", PostgresForTests.freshDatabaseUrl() + "?sslmode=disable")
                            .toString());
        }
        LabFlow flow = flow(journey);
        return journey.throughABrowser()
                ? new LabUser().connect(flow.start(session))
                : flow.direct(session, flow.account());
    }

    private HttpResponse<String> byCode(String key, String session) {
        JsonNode begun = Json.MAPPER.readTree(
                typed("/oauth2/device/" + key, session, "{}").body());
        new LabUser().send(URI.create(begun.get("verification_uri_complete").asString()), "decision=allow&user=ada");
        return typed(
                "/oauth2/device/" + key + "/look",
                session,
                "{\"flow\": \"" + begun.get("flow").asString() + "\"}");
    }

    private HttpResponse<String> typed(String path, String session, String body) {
        return latchkey.sendAs("", "POST", path + "?connect_session_token=" + session, body);
    }
}
