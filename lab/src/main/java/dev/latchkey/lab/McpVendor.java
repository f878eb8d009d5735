package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * An MCP server and the authorization server in front of it, at any host: both are found only by discovery
 * (RFC 9728, RFC 8414), and clients register themselves (RFC 7591) unless the definition says that they are registered by hand.
 */
final class McpVendor implements Playing {
    private static final String RESOURCE_METADATA = "/.well-known/oauth-protected-resource";
    private static final String SERVER_METADATA = "/.well-known/oauth-authorization-server";

    private final Stage stage;
    private final McpPart part;
    private final Provider provider;
    private final Grants grants;
    private final ConsentPage page;
    private final RegisteredApps apps;
    private final McpTools tools;

    McpVendor(Stage stage, McpPart part) {
        this.stage = stage;
        this.part = part;
        this.provider = stage.provider;
        this.grants = stage.grants;
        this.page = stage.page;
        this.apps = new RegisteredApps(provider.id(), stage.base, stage.random);
        this.tools = new McpTools(provider);
    }

    @Override
    public void routes(Routes routes) {
        CodeGrant any = code("${config.host}", new ClientAuth.None("client_id"));
        routes.authorization(any.consent().authorize().url());
        any.refresh().call().ifPresent(routes::refresh);
        routes.exchange(any.exchange());
        routes.first(this::place);
    }

    /** A token is valid only for the server that it was requested for (RFC 8707). */
    @Override
    public Optional<Caller> caller(LabRequest request, Map<String, String> captured) {
        return stage.credentials
                .token(request, captured)
                .flatMap(grants::live)
                .filter(claims -> claims.consent().host().equals(request.host()))
                .map(Caller::of);
    }

    /** Which of the discovered places a request is for; the consent page and the token endpoint are found as those of any vendor. */
    private Optional<Endpoint> place(LabRequest request) {
        String path = path(request);
        if (path.equals(RESOURCE_METADATA) || path.startsWith(RESOURCE_METADATA + "/")) {
            return Optional.of(Endpoint.Handled.api(Map.of(), this::protectedResource));
        }
        return switch (request.method() + " " + path) {
            case "GET " + SERVER_METADATA -> Optional.of(Endpoint.Handled.token(Map.of(), this::authorizationServer));
            case "POST /register" -> Optional.of(Endpoint.Handled.token(Map.of(), this::register));
            case "POST /revoke" -> Optional.of(Endpoint.Handled.token(Map.of(), this::revoke));
            default -> Optional.empty();
        };
    }

    /** What the authorization server requires of a client. @param host of the server; a template where any will do */
    private static CodeGrant code(String host, ClientAuth how) {
        Call token = new Call(
                Call.Method.POST, url(host, "/token"), Map.of(), Map.of(), new Body.Form(Map.of()), Optional.empty());
        Auth.Authorize authorize = new Auth.Authorize(
                url(host, "/authorize"),
                Optional.empty(),
                Map.of(),
                Scopes.NONE,
                Map.of(),
                Map.of(),
                Optional.empty(),
                true,
                "code");
        return new CodeGrant(
                new CodeGrant.Consent(
                        authorize, true, Optional.empty(), Optional.of("https://" + host), Optional.empty()),
                new CodeGrant.Client(how, Optional.empty(), false),
                CodeGrant.Redeems.AUTHORIZATION_CODE,
                token,
                new CodeGrant.Refresh(Optional.of(token), CodeGrant.RefreshPolicy.REFRESH_TOKEN, Optional.empty()),
                CodeGrant.Response.STANDARD,
                List.of(),
                Auth.Expiry.STANDARD,
                Optional.empty());
    }

    private static Text url(String host, String path) {
        return Text.of(Template.parse("https://" + host + path, Template.Position.URL));
    }

    /** RFC 9728 section 3.2. A server that the definition names is only that one resource. */
    private Answer protectedResource(LabRequest request) {
        String resource = "https://" + request.host() + path(request).substring(RESOURCE_METADATA.length());
        if (!isResource(resource, request.host())) {
            return Answer.error(404, "not_found", "There is no such resource.");
        }
        ObjectNode metadata = JsonTree.NODES.objectNode().put("resource", resource);
        metadata.putArray("authorization_servers").add("https://" + request.host());
        metadata.putArray("scopes_supported").add("read").add("write");
        metadata.putArray("bearer_methods_supported").add("header");
        return Answer.json(200, metadata, "resource described");
    }

    /** RFC 8414 section 3.2. */
    private Answer authorizationServer(LabRequest request) {
        String issuer = "https://" + request.host();
        ObjectNode metadata = JsonTree.NODES.objectNode();
        metadata.put("issuer", issuer)
                .put("authorization_endpoint", issuer + "/authorize")
                .put("token_endpoint", issuer + "/token")
                .put("revocation_endpoint", issuer + "/revoke")
                .put("authorization_response_iss_parameter_supported", true)
                .put("client_id_metadata_document_supported", takesAddresses());
        if (!part.isByHand()) {
            metadata.put("registration_endpoint", issuer + "/register");
        }
        metadata.putArray("response_types_supported").add("code");
        metadata.putArray("grant_types_supported").add("authorization_code").add("refresh_token");
        metadata.putArray("code_challenge_methods_supported").add("S256");
        metadata.putArray("token_endpoint_auth_methods_supported")
                .add("client_secret_basic")
                .add("none");
        return Answer.json(200, metadata, "server described");
    }

    private boolean takesAddresses() {
        return switch (part.auth().registration()) {
            case METADATA_URL, DISCOVER -> true;
            case DYNAMIC, STATIC -> false;
        };
    }

    private Answer register(LabRequest request) {
        return part.isByHand()
                ? Answer.error(404, "not_found", "Clients are registered by hand here.")
                : apps.register(request.json());
    }

    @Override
    public Answer page(LabRequest request) {
        Map<String, String> query = request.query();
        Optional<RegisteredApps.Registered> app = client(query.getOrDefault("client_id", ""));
        if (app.isEmpty()) {
            return refused("There is no client with this client_id; it has to register first.");
        }
        if (!app.get().takes(query.getOrDefault("redirect_uri", ""))) {
            return refused("The redirect_uri is not the one that the client registered.");
        }
        if (!isResource(query.getOrDefault("resource", ""), request.host())) {
            return refused("resource (RFC 8707) is missing, or is not this server.");
        }
        CodeGrant code = code(request.host(), app.get().how());
        return new AuthorizationEndpoint(provider, code, app.get().app(), stage.base, grants, stage.clock)
                .answer(request);
    }

    private Answer refused(String problem) {
        return Answer.page(400, page.refusal(problem), "request refused");
    }

    @Override
    public Answer token(Endpoint.Token endpoint, LabRequest request) {
        Map<String, String> form = request.form();
        Optional<RegisteredApps.Registered> app = client(asking(request));
        if (app.isEmpty()) {
            return Answer.error(401, "invalid_client", "There is no such client; it has to register first.");
        }
        // RFC 8707 section 2.2
        if (!isResource(form.getOrDefault("resource", ""), request.host())) {
            return Answer.error(400, "invalid_target", "resource is missing, or is not this server");
        }
        CodeGrant code = code(request.host(), app.get().how());
        SentValues sent = new SentValues(provider, app.get().app());
        return new TokenEndpoint(provider, app.get().app(), grants, sent, stage.clock)
                .code(
                        code,
                        new Endpoint.Token(
                                Optional.of(code.exchange()), code.refresh().call(), Map.of()),
                        request);
    }

    /** RFC 7009 section 2. */
    private Answer revoke(LabRequest request) {
        Map<String, String> form = request.form();
        Optional<RegisteredApps.Registered> app = client(asking(request));
        Optional<String> problem = app.isEmpty()
                ? Optional.of("There is no such client.")
                : new ClientCheck(app.get().app(), ClientCheck.Clients.APP, stage.clock)
                        .problem(app.get().how(), request, form);
        if (problem.isPresent()) {
            return Answer.error(401, "invalid_client", problem.get());
        }
        grants.revoke(form.getOrDefault("token", ""));
        return Answer.json(200, JsonTree.NODES.objectNode(), "revoked");
    }

    @Override
    public Answer resource(LabRequest request, Answer account) {
        if (account.status() == 401) {
            // RFC 9728 section 5.1
            return account.with(
                    "www-authenticate",
                    "Bearer error=\"invalid_token\", resource_metadata=\"https://" + request.host() + RESOURCE_METADATA
                            + path(request) + "\"");
        }
        return request.method().equals("POST") ? tools.answer(request.json(), account) : account;
    }

    private Optional<RegisteredApps.Registered> client(String id) {
        Optional<RegisteredApps.Registered> byHand =
                part.isByHand() ? Optional.of(RegisteredApps.byHand(LabApp.of(provider.id()))) : Optional.empty();
        return byHand.filter(one -> one.app().clientId().equals(id))
                .or(() -> apps.find(id))
                .or(() -> takesAddresses() ? apps.byAddress(id) : Optional.empty());
    }

    /** The client at the token endpoint, as it identifies itself. */
    private static String asking(LabRequest request) {
        return request.basic()
                .map(pair -> URLDecoder.decode(pair.user(), StandardCharsets.UTF_8))
                .orElseGet(() -> request.form().getOrDefault("client_id", ""));
    }

    private boolean isResource(String resource, String host) {
        String origin = "https://" + host;
        boolean here = resource.equals(origin) || resource.startsWith(origin + "/");
        return here
                && Endpoints.constant(part.auth().server())
                        .map(server -> server.replaceFirst("\\?.*$", "").equals(resource))
                        .orElse(true);
    }

    private static String path(LabRequest request) {
        return request.location().substring(request.host().length());
    }
}
