package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * An MCP server and the authorization server in front of it, at any host: both are found only by discovery
 * (RFC 9728, RFC 8414), and clients register themselves (RFC 7591) unless the definition says that they are registered by hand.
 */
final class McpVendor {
    private static final String RESOURCE_METADATA = "/.well-known/oauth-protected-resource";
    private static final String SERVER_METADATA = "/.well-known/oauth-authorization-server";

    private final Provider provider;
    private final Auth.Mcp mcp;
    private final URI base;
    private final Grants grants;
    private final DeviceVendor devices;
    private final ConsentPage page;
    private final RegisteredApps apps;
    private final McpTools tools;
    private final InstantSource clock;

    McpVendor(
            Provider provider,
            Auth.Mcp mcp,
            URI base,
            Grants grants,
            DeviceVendor devices,
            InstantSource clock,
            SecureRandom random) {
        this.provider = provider;
        this.mcp = mcp;
        this.base = base;
        this.grants = grants;
        this.devices = devices;
        this.page = new ConsentPage(provider, LabApp.of(provider.id()), new Page(base));
        this.apps = new RegisteredApps(provider.id(), base, random);
        this.tools = new McpTools(provider);
        this.clock = clock;
    }

    /** Which of the discovered places a request is for; the consent page and the token endpoint are found as those of any vendor. */
    static Optional<Endpoint> place(LabRequest request) {
        String path = path(request);
        if (path.equals(RESOURCE_METADATA) || path.startsWith(RESOURCE_METADATA + "/")) {
            return Optional.of(new Endpoint.ResourceMetadata(Map.of()));
        }
        return switch (request.method() + " " + path) {
            case "GET " + SERVER_METADATA -> Optional.of(new Endpoint.ServerMetadata(Map.of()));
            case "POST /register" -> Optional.of(new Endpoint.Registration(Map.of()));
            case "POST /revoke" -> Optional.of(new Endpoint.TokenRevocation(Map.of()));
            default -> Optional.empty();
        };
    }

    /** What the authorization server requires of a client. @param host of the server; a template where any will do */
    static Auth.OAuth2Code code(String host, ClientAuth how) {
        Call token = new Call(
                Call.Method.POST, url(host, "/token"), Map.of(), Map.of(), new Body.Form(Map.of()), Optional.empty());
        Auth.Authorize authorize = new Auth.Authorize(
                url(host, "/authorize"),
                Optional.empty(),
                Map.of(),
                Auth.Scopes.NONE,
                Map.of(),
                Map.of(),
                Optional.empty(),
                true,
                "code");
        return new Auth.OAuth2Code(
                authorize,
                true,
                how,
                token,
                Optional.of(token),
                Auth.RefreshPolicy.REFRESH_TOKEN,
                List.of(),
                TokenShape.STANDARD,
                Optional.empty(),
                Map.of(),
                Auth.Expiry.STANDARD,
                Map.of(),
                Optional.empty(),
                Optional.of("https://" + host));
    }

    private static Text url(String host, String path) {
        return Text.of(Template.parse("https://" + host + path, Template.Position.URL));
    }

    /** RFC 9728 section 3.2. A server that the definition names is only that one resource. */
    Answer protectedResource(LabRequest request) {
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
    Answer authorizationServer(LabRequest request) {
        String issuer = "https://" + request.host();
        ObjectNode metadata = JsonTree.NODES.objectNode();
        metadata.put("issuer", issuer)
                .put("authorization_endpoint", issuer + "/authorize")
                .put("token_endpoint", issuer + "/token")
                .put("revocation_endpoint", issuer + "/revoke")
                .put("authorization_response_iss_parameter_supported", true)
                .put("client_id_metadata_document_supported", takesAddresses());
        if (mcp.registration() != Auth.Mcp.Registration.STATIC) {
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
        return switch (mcp.registration()) {
            case METADATA_URL, DISCOVER -> true;
            case DYNAMIC, STATIC -> false;
        };
    }

    Answer register(LabRequest request) {
        return mcp.registration() == Auth.Mcp.Registration.STATIC
                ? Answer.error(404, "not_found", "Clients are registered by hand here.")
                : apps.register(request.json());
    }

    Answer authorize(LabRequest request) {
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
        return new AuthorizationEndpoint(playing(request, app.get()), app.get().app(), base, grants, clock)
                .answer(request);
    }

    private Answer refused(String problem) {
        return Answer.page(400, page.refusal(problem), "request refused");
    }

    Answer token(LabRequest request) {
        Map<String, String> form = request.form();
        Optional<RegisteredApps.Registered> app = client(asking(request));
        if (app.isEmpty()) {
            return Answer.error(401, "invalid_client", "There is no such client; it has to register first.");
        }
        // RFC 8707 section 2.2
        if (!isResource(form.getOrDefault("resource", ""), request.host())) {
            return Answer.error(400, "invalid_target", "resource is missing, or is not this server");
        }
        Provider playing = playing(request, app.get());
        Auth.OAuth2Code code = code(request.host(), app.get().how());
        return new TokenEndpoint(
                        playing,
                        app.get().app(),
                        grants,
                        new SentValues(playing, app.get().app()),
                        devices,
                        clock)
                .answer(new Endpoint.Token(Optional.of(code.exchange()), code.refresh(), Map.of()), request);
    }

    /** RFC 7009 section 2. */
    Answer revoke(LabRequest request) {
        Map<String, String> form = request.form();
        Optional<RegisteredApps.Registered> app = client(asking(request));
        Optional<String> problem = app.isEmpty()
                ? Optional.of("There is no such client.")
                : new ClientCheck(app.get().app(), ClientCheck.Clients.APP, clock)
                        .problem(app.get().how(), request, form);
        if (problem.isPresent()) {
            return Answer.error(401, "invalid_client", problem.get());
        }
        grants.revoke(form.getOrDefault("token", ""));
        return Answer.json(200, JsonTree.NODES.objectNode(), "revoked");
    }

    /** @param account what the caller's token opens, or 401 */
    Answer resource(LabRequest request, Answer account) {
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
        Optional<RegisteredApps.Registered> byHand = mcp.registration() == Auth.Mcp.Registration.STATIC
                ? Optional.of(RegisteredApps.byHand(LabApp.of(provider.id())))
                : Optional.empty();
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

    private Provider playing(LabRequest request, RegisteredApps.Registered app) {
        return provider.with(code(request.host(), app.how()));
    }

    private boolean isResource(String resource, String host) {
        String origin = "https://" + host;
        boolean here = resource.equals(origin) || resource.startsWith(origin + "/");
        return here
                && Endpoints.constant(mcp.server())
                        .map(server -> server.equals(resource))
                        .orElse(true);
    }

    private static String path(LabRequest request) {
        return request.location().substring(request.host().length());
    }
}
