package dev.latchkey.server.mcp;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.tokens.ValuesOf;
import dev.latchkey.server.tokens.VendorAddress;
import dev.latchkey.server.vault.Vault;
import java.net.URI;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The result of discovering an MCP server, as an authorization code definition: the flow and its refresh are those of any other provider,
 * with the resource indicator (RFC 8707) in each request. Thread-safe.
 */
public final class McpServers {
    /** Where a connection stores the issuer of its tokens: a refresh token goes to no other issuer (RFC 9700 section 4.4). */
    public static final String ISSUER = ConfigFields.MCP_ISSUER;

    private final Discovery discovery;
    private final RegisteredClients clients;
    private final URI publicUrl;

    private final VendorAddress addresses;

    public McpServers(
            Database database,
            Vault vault,
            Ids ids,
            Egress egress,
            VendorAddress addresses,
            InstantSource clock,
            URI publicUrl) {
        this.addresses = addresses;
        this.discovery = new Discovery(egress);
        this.clients = new RegisteredClients(database, vault, ids, egress, clock);
        this.publicUrl = publicUrl;
    }

    /**
     * @param issuer absent where the definition knows the endpoints, and nothing is discovered
     * @param clientId, clientSecret our client there, if it is not the integration's own
     */
    public record Server(
            CodeGrant code, Optional<String> issuer, Optional<String> clientId, Optional<Secret> clientSecret) {}

    /** Where and as which client a token is revoked (RFC 7009). */
    public record Revocation(Text url, ClientAuth how) {}

    /**
     * For a flow that begins.
     *
     * @throws McpException when authorization is impossible
     */
    public Server begin(Auth.Mcp mcp, ValuesOf values, URI redirectUri) {
        if (mcp.known().isPresent()) {
            return new Server(mcp.known().get(), Optional.empty(), Optional.empty(), Optional.empty());
        }
        Discovery.Found found = find(mcp, values);
        List<String> challenges = found.list("code_challenge_methods_supported");
        if (!challenges.isEmpty() && !challenges.contains("S256")) {
            throw McpException.wrong("the authorization server " + found.issuer() + " does not know PKCE with S256");
        }
        boolean own = values.integration().clientId().isPresent();
        if (own) {
            return new Server(
                    code(found, values, method(methods(found))),
                    Optional.of(found.issuer()),
                    Optional.empty(),
                    Optional.empty());
        }
        boolean byAddress = mcp.registration() == Auth.Mcp.Registration.METADATA_URL
                || found.promises("client_id_metadata_document_supported");
        if (byAddress && "https".equals(publicUrl.getScheme())) {
            String id = clientAddress(values.integration().environment());
            return new Server(
                    code(found, values, "none"), Optional.of(found.issuer()), Optional.of(id), Optional.empty());
        }
        RegisteredClients.Client client =
                clients.of(values.integration().environment(), found, redirectUri, place(values));
        return new Server(
                code(found, values, client.method()),
                Optional.of(found.issuer()),
                Optional.of(client.id()),
                client.secret());
    }

    /**
     * For a callback or a refresh of what began.
     *
     * @throws McpException also when the server now names another issuer: the grant is not for that one
     */
    public CodeGrant again(Auth.Mcp mcp, ValuesOf values) {
        return mcp.known().isPresent() ? mcp.known().get() : discovered(mcp, values);
    }

    /**
     * Where a deleted connection's tokens are revoked; empty if the server has no such endpoint.
     *
     * @throws McpException as {@link #again}
     */
    public Optional<Revocation> revocation(Auth.Mcp mcp, ValuesOf values) {
        if (mcp.known().isPresent()) {
            return Optional.empty();
        }
        CodeGrant code = discovered(mcp, values);
        return find(mcp, values)
                .optional("revocation_endpoint")
                .map(url -> new Revocation(
                        constant(url, Template.Position.URL), code.client().auth()));
    }

    private Discovery.Found find(Auth.Mcp mcp, ValuesOf values) {
        return discovery.of(address(mcp, values), place(values));
    }

    private UnaryOperator<URI> place(ValuesOf values) {
        return uri -> addresses.of(values.integration(), uri);
    }

    private CodeGrant discovered(Auth.Mcp mcp, ValuesOf values) {
        Discovery.Found found = find(mcp, values);
        String before = values.config().path(ISSUER).asString("");
        if (!before.isEmpty() && !before.equals(found.issuer())) {
            throw McpException.wrong(
                    "the MCP server names another authorization server now; its user must authorize again");
        }
        boolean secret = values.clientSecret().isPresent();
        return code(found, values, secret ? method(methods(found)) : "none");
    }

    /** The URL of our OAuth client id metadata document. */
    public String clientAddress(java.util.UUID environment) {
        return publicUrl + "/oauth/client-metadata/" + environment;
    }

    private static List<String> methods(Discovery.Found found) {
        return found.list("token_endpoint_auth_methods_supported");
    }

    /** The strongest that we support; RFC 8414's default if none is listed. */
    static String method(List<String> supported) {
        return supported.isEmpty() || supported.contains("client_secret_basic")
                ? "client_secret_basic"
                : supported.contains("client_secret_post") ? "client_secret_post" : "none";
    }

    private static URI address(Auth.Mcp mcp, ValuesOf values) {
        return Discovery.address(mcp.server()
                .expand(values)
                .orElseThrow(() -> McpException.wrong("the MCP server's address is missing")));
    }

    private static CodeGrant code(Discovery.Found found, ValuesOf values, String method) {
        Map<String, Text> resource = Map.of("resource", constant(found.resource(), Template.Position.PLAIN));
        boolean asked = !values.integration().scopes().isEmpty();
        Scopes none = Scopes.NONE;
        Auth.Authorize authorize = new Auth.Authorize(
                constant(found.required("authorization_endpoint"), Template.Position.URL),
                found.promises("require_pushed_authorization_requests")
                        ? Optional.of(constant(
                                found.required("pushed_authorization_request_endpoint"), Template.Position.URL))
                        : Optional.empty(),
                resource,
                new Scopes(
                        none.param(),
                        none.join(),
                        none.always(),
                        asked ? List.of() : found.scopes(),
                        none.raw(),
                        none.known(),
                        none.docs(),
                        none.implied()),
                Map.of(),
                Map.of(),
                Optional.empty(),
                true,
                "code");
        ClientAuth auth = switch (method) {
            case "client_secret_basic" -> new ClientAuth.ClientSecretBasic(true);
            case "client_secret_post" -> new ClientAuth.InBody("client_id", "client_secret");
            default -> new ClientAuth.None("client_id");
        };
        Optional<String> issuer = found.promises("authorization_response_iss_parameter_supported")
                ? Optional.of(found.issuer())
                : Optional.empty();
        return new CodeGrant(
                new CodeGrant.Consent(authorize, true, Optional.empty(), issuer, Optional.empty()),
                new CodeGrant.Client(auth, Optional.empty(), false),
                CodeGrant.Redeems.AUTHORIZATION_CODE,
                token(found, resource),
                new CodeGrant.Refresh(
                        Optional.of(token(found, resource)), CodeGrant.RefreshPolicy.REFRESH_TOKEN, Optional.empty()),
                CodeGrant.Response.STANDARD,
                List.of(),
                Auth.Expiry.STANDARD,
                Optional.empty());
    }

    private static Call token(Discovery.Found found, Map<String, Text> resource) {
        return new Call(
                Call.Method.POST,
                constant(found.required("token_endpoint"), Template.Position.URL),
                Map.of(),
                Map.of(),
                new Body.Form(resource),
                Optional.empty(),
                Map.of());
    }

    private static Text constant(String text, Template.Position position) {
        return Text.of(Template.parse(text, position));
    }
}
