package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The smallest client that does what a definition says, and nothing else. Tests change what it sends. */
final class DefinitionClient {
    static final String VERIFIER = "verifier-of-forty-three-characters-or-more-0123";

    final Provider provider;
    final Map<String, String> values = new LinkedHashMap<>();
    String clientId;
    String clientSecret;
    private final LabServer server;

    DefinitionClient(LabServer server, Provider provider) {
        this.server = server;
        this.provider = provider;
        LabApp app = server.lab().app(provider.id());
        this.clientId = app.clientId();
        this.clientSecret = app.clientSecret();
        provider.fields().values().stream()
                .filter(Field::isAsked)
                .forEach(field -> values.put(
                        (field.scope() == Field.Scope.SECRET ? "secret." : "config.") + field.id(),
                        !field.accepts().choices().isEmpty()
                                ? field.accepts().choices().getFirst()
                                : field.type() == Field.Type.URI
                                        ? "https://acme.example.com"
                                        : field.type() == Field.Type.HOSTNAME ? "acme.example.com" : "acme"));
        operatorsSettings();
    }

    /** Such as the host of a server of the customer's own at which the app is registered, or an app's id. */
    private void operatorsSettings() {
        provider.fields().values().stream()
                .filter(field -> field.scope() == Field.Scope.INTEGRATION)
                .filter(field -> field.type() == Field.Type.HOSTNAME || field.required())
                .forEach(field -> values.put(
                        "app." + field.id(), field.type() == Field.Type.HOSTNAME ? "acme.example.com" : "acme"));
    }

    CodeGrant code() {
        return ((Auth.OAuth2Code) provider.auth()).grant();
    }

    private Optional<String> value(Template.Reference reference) {
        String name = reference.root() + "." + String.join(".", reference.path());
        return switch (name) {
            case "app.clientId" -> Optional.of(clientId);
            case "app.clientSecret" -> Optional.of(clientSecret);
            // The operator's own settings, such as an integration's slug.
            case "app.slug" -> Optional.of("latchkey");
            default -> Optional.ofNullable(values.get(name));
        };
    }

    private Map<String, String> expand(Map<String, Text> texts) {
        Map<String, String> expanded = new LinkedHashMap<>();
        texts.forEach((name, text) -> text.expand(this::value).ifPresent(value -> expanded.put(name, value)));
        return expanded;
    }

    URI located(Text url) {
        String expanded = url.expand(this::value).orElseThrow();
        return server.lab()
                .locate(
                        provider.id(),
                        URI.create(
                                expanded.startsWith("/")
                                        ? provider.api()
                                                        .base()
                                                        .flatMap(base -> base.expand(this::value))
                                                        .orElseThrow()
                                                + expanded
                                        : expanded));
    }

    /** The parameters of an authorization request in order. */
    Map<String, String> authorization() {
        Auth.Authorize authorize = code().consent().authorize();
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put(named("response_type"), "code");
        parameters.put(named("client_id"), clientId);
        parameters.put(named("redirect_uri"), server.callback());
        parameters.put(named("state"), "state-1");
        List<String> scopes = new ArrayList<>(authorize.scope().requested(List.of()));
        authorize.scope().names().stream().limit(2).forEach(scopes::add);
        if (!scopes.isEmpty()) {
            parameters.put(
                    named(authorize.scope().param()),
                    String.join(authorize.scope().join(), scopes));
        }
        if (code().consent().pkce()) {
            parameters.put("code_challenge", challenge());
            parameters.put("code_challenge_method", "S256");
        }
        parameters.putAll(expand(authorize.params()));
        return parameters;
    }

    private String named(String standard) {
        return code().consent().authorize().names().getOrDefault(standard, standard);
    }

    private static String challenge() {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256").digest(VERIFIER.getBytes(StandardCharsets.US_ASCII)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    URI authorizationUri(Map<String, String> parameters) {
        return URI.create(located(code().consent().authorize().url()) + "?" + encoded(parameters));
    }

    HttpResponse<String> page(Map<String, String> parameters) {
        return server.send(HttpRequest.newBuilder(authorizationUri(parameters)));
    }

    HttpResponse<String> decide(Map<String, String> parameters, String user, String decision) {
        return server.send(HttpRequest.newBuilder(authorizationUri(parameters))
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("user=" + user + "&decision=" + decision)));
    }

    /** The query of the address that the browser is sent to. */
    static Map<String, String> sentTo(HttpResponse<String> response) {
        return LabRequest.parameters(
                URI.create(response.headers().firstValue("location").orElseThrow())
                        .getRawQuery());
    }

    /** A code, allowed by Ada. */
    String allowed() {
        return sentTo(decide(authorization(), "ada", "allow"))
                .getOrDefault(code().consent().authorize().codeParam(), "");
    }

    Map<String, String> exchangeOf(String code) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("grant_type", "authorization_code");
        parameters.put("code", code);
        parameters.put("redirect_uri", server.callback());
        if (code().consent().pkce()) {
            parameters.put("code_verifier", VERIFIER);
        }
        return parameters;
    }

    HttpResponse<String> exchange(Map<String, String> parameters) {
        return token(code().exchange(), code().client().auth(), parameters);
    }

    HttpResponse<String> exchange() {
        return exchange(exchangeOf(allowed()));
    }

    HttpResponse<String> refresh(String refreshToken) {
        Call exchange = code().exchange();
        Call call = code().refresh()
                .call()
                .orElse(new Call(
                        exchange.method(),
                        exchange.url(),
                        Map.of(),
                        exchange.headers(),
                        switch (exchange.body()) {
                            case Body.Form form -> new Body.Form(Map.of());
                            case Body.Json json -> new Body.Json(Map.of());
                            case Body.Xml xml -> xml;
                            case Body.Plain plain -> plain;
                            case Body.Empty empty -> empty;
                        },
                        exchange.okWhen()));
        return token(
                call,
                code().client().atRefresh(),
                Map.of("grant_type", "refresh_token", "refresh_token", refreshToken));
    }

    /** A request to a token endpoint: parameters, the definition's own, and the client's authentication. */
    HttpResponse<String> token(Call call, ClientAuth clientAuth, Map<String, String> parameters) {
        Map<String, String> members = new LinkedHashMap<>(parameters);
        Map<String, String> headers = new LinkedHashMap<>();
        switch (clientAuth) {
            case ClientAuth.InBody body -> {
                members.put(body.idName(), clientId);
                members.put(body.secretName(), clientSecret);
            }
            case ClientAuth.ClientSecretBasic basic ->
                headers.put(
                        "authorization",
                        basic.formEncoded()
                                ? basic(encode(clientId), encode(clientSecret))
                                : basic(clientId, clientSecret));
            case ClientAuth.SecretBasic secret -> headers.put("authorization", basic(clientSecret, ""));
            case ClientAuth.None none -> members.put(none.idName(), clientId);
            case ClientAuth.PrivateKeyJwt jwt -> throw new IllegalArgumentException("not played");
        }
        return send(call, members, headers);
    }

    /** A call as the definition writes it. */
    HttpResponse<String> call(Call call) {
        return send(call, Map.of(), apiHeaders());
    }

    private HttpResponse<String> send(Call call, Map<String, String> parameters, Map<String, String> further) {
        Map<String, String> query = new LinkedHashMap<>(expand(call.query()));
        Map<String, String> members = new LinkedHashMap<>(parameters);
        Map<String, String> headers = new LinkedHashMap<>(further);
        headers.putAll(expand(call.headers()));
        HttpRequest.BodyPublisher body = switch (call.body()) {
            case Body.Form form -> {
                members.putAll(expand(form.members()));
                headers.put("content-type", "application/x-www-form-urlencoded");
                yield HttpRequest.BodyPublishers.ofString(encoded(members));
            }
            case Body.Json json -> {
                members.putAll(expand(json.members()));
                ObjectNode object = JsonNodeFactory.instance.objectNode();
                members.forEach(object::put);
                headers.put("content-type", "application/json");
                yield HttpRequest.BodyPublishers.ofString(object.toString());
            }
            case Body.Empty empty -> {
                members.forEach(query::putIfAbsent);
                yield HttpRequest.BodyPublishers.noBody();
            }
            case Body.Xml xml -> throw new IllegalArgumentException("no such call here");
            case Body.Plain plain -> throw new IllegalArgumentException("no such call here");
        };
        URI uri = located(call.url());
        HttpRequest.Builder request =
                HttpRequest.newBuilder(query.isEmpty() ? uri : URI.create(uri + "?" + encoded(query)));
        headers.forEach(request::setHeader);
        return server.send(request.method(call.method().name(), body));
    }

    private Map<String, String> apiHeaders() {
        Map<String, String> headers = new LinkedHashMap<>();
        Optional.ofNullable(values.get("token.access"))
                .ifPresent(token -> headers.put("authorization", "Bearer " + token));
        if (provider.auth() instanceof Auth.Basic basic) {
            headers.put(
                    "authorization",
                    basic(
                            basic.username().expand(this::value).orElse(""),
                            basic.password().expand(this::value).orElse("")));
        }
        headers.putAll(expand(provider.api().headers()));
        return headers;
    }

    /** The vendor's API, with the credential where the definition puts it. */
    HttpResponse<String> api(String path) {
        String base =
                provider.api().base().flatMap(text -> text.expand(this::value)).orElseThrow();
        Map<String, String> query = expand(provider.api().query());
        HttpRequest.Builder request = HttpRequest.newBuilder(server.lab()
                .locate(provider.id(), URI.create(base + path + (query.isEmpty() ? "" : "?" + encoded(query)))));
        apiHeaders().forEach(request::setHeader);
        return server.send(request);
    }

    HttpResponse<String> api(String path, String accessToken) {
        values.put("token.access", accessToken);
        return api(path);
    }

    /** Keeps what the callback brings for later calls. */
    void learn(Map<String, String> callback) {
        for (Field field : provider.fields().values()) {
            if (field.source().orElse(null) instanceof Field.Source.Callback source) {
                values.put("config." + field.id(), callback.getOrDefault(source.parameter(), ""));
            }
        }
    }

    /** Keeps what a token endpoint's answer brings for later calls. */
    void learn(JsonNode answer) {
        JsonNode below = code().response()
                .token()
                .root()
                .flatMap(root -> root.in(answer))
                .orElse(answer);
        code().response().token().access().stream()
                .flatMap(path -> path.textIn(below).stream())
                .findFirst()
                .ifPresent(token -> values.put("token.access", token));
        code().response().token().refresh().stream()
                .flatMap(path -> path.textIn(below).stream())
                .findFirst()
                .ifPresent(token -> values.put("token.refresh", token));
        code().response()
                .learn()
                .forEach((name, path) ->
                        values.put("config." + name, path.textIn(answer).orElseThrow()));
        for (Field field : provider.fields().values()) {
            if (field.source().orElse(null) instanceof Field.Source.Token source) {
                values.put("config." + field.id(), source.path().textIn(answer).orElseThrow());
            }
        }
    }

    static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    static String encoded(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(one -> encode(one.getKey()) + "=" + encode(one.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
