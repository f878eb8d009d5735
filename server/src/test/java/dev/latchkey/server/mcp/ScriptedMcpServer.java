package dev.latchkey.server.mcp;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** An MCP server and its authorization server, strict: each request that is not as the RFCs say is answered 400 with the reason. */
final class ScriptedMcpServer implements AutoCloseable {
    final AtomicInteger registrations = new AtomicInteger();
    final Map<String, String> secrets = new ConcurrentHashMap<>();
    private final Map<String, String> challenges = new ConcurrentHashMap<>();
    private final Map<String, Boolean> refreshTokens = new ConcurrentHashMap<>();
    private final AtomicInteger number = new AtomicInteger();
    private final HttpServer server;
    volatile String issuerInMetadata;
    volatile String issuerInCallback;
    volatile List<String> pkce = List.of("S256");
    /** Clients may name themselves by the address of their metadata; such a one has no secret. */
    volatile boolean takesAddresses;
    /** In the place of all metadata: a firewall, or a page about maintenance. 0: as usual. */
    volatile int metadataStatus;

    ScriptedMcpServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        issuerInMetadata = issuer();
        issuerInCallback = issuer();
        server.createContext("/", this::serve);
        server.start();
    }

    String base() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    String issuer() {
        return base() + "/as";
    }

    private void serve(HttpExchange exchange) throws IOException {
        ObjectNode json = Json.MAPPER.createObjectNode();
        Map<String, String> query =
                pairs(String.valueOf(exchange.getRequestURI().getRawQuery()));
        if (metadataStatus > 0 && exchange.getRequestURI().getPath().contains("/.well-known/")) {
            send(exchange, metadataStatus, json.put("message", "Forbidden"));
            return;
        }
        switch (exchange.getRequestURI().getPath()) {
            case "/mcp" -> {
                exchange.getResponseHeaders()
                        .set(
                                "WWW-Authenticate",
                                "Bearer resource_metadata=\"" + base() + "/.well-known/oauth-protected-resource/mcp\"");
                send(exchange, 401, json);
            }
            case "/.well-known/oauth-protected-resource/mcp" -> {
                json.put("resource", base() + "/mcp");
                json.putArray("authorization_servers").add(issuer());
                json.putArray("scopes_supported").add("read");
                send(exchange, 200, json);
            }
            case "/.well-known/oauth-authorization-server/as" -> {
                json.put("issuer", issuerInMetadata)
                        .put("authorization_endpoint", issuer() + "/authorize")
                        .put("token_endpoint", issuer() + "/token")
                        .put("registration_endpoint", issuer() + "/register")
                        .put("authorization_response_iss_parameter_supported", true)
                        .put("client_id_metadata_document_supported", takesAddresses);
                pkce.forEach(json.putArray("code_challenge_methods_supported")::add);
                send(exchange, 200, json);
            }
            case "/as/register" -> {
                JsonNode asked = Json.MAPPER.readTree(exchange.getRequestBody());
                String id = "client-" + registrations.incrementAndGet();
                secrets.put(id, "secret+/ of " + id);
                json.put("client_id", id)
                        .put("client_secret", secrets.get(id))
                        .put("client_secret_expires_at", 0)
                        .set("redirect_uris", asked.get("redirect_uris"));
                send(exchange, asked.path("redirect_uris").size() == 1 ? 201 : 400, json);
            }
            case "/as/authorize" -> authorize(exchange, query);
            case "/as/token" -> token(exchange);
            default -> send(exchange, 404, json);
        }
    }

    private void authorize(HttpExchange exchange, Map<String, String> query) throws IOException {
        boolean right = (secrets.containsKey(query.get("client_id")) || isAddress(query.getOrDefault("client_id", "")))
                && (base() + "/mcp").equals(query.get("resource"))
                && "S256".equals(query.get("code_challenge_method"))
                && "read".equals(query.get("scope"));
        if (!right) {
            send(exchange, 400, Json.MAPPER.createObjectNode().put("error", "invalid_request"));
            return;
        }
        String code = "code-" + number.incrementAndGet();
        challenges.put(code, query.getOrDefault("code_challenge", ""));
        exchange.getResponseHeaders()
                .set(
                        "Location",
                        query.get("redirect_uri") + "?code=" + code + "&state=" + query.get("state") + "&iss="
                                + java.net.URLEncoder.encode(issuerInCallback, StandardCharsets.UTF_8));
        exchange.sendResponseHeaders(302, -1);
        exchange.close();
    }

    private void token(HttpExchange exchange) throws IOException {
        Map<String, String> form = pairs(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        String problem = isAddress(form.getOrDefault("client_id", ""))
                        && !exchange.getRequestHeaders().containsKey("Authorization")
                ? ""
                : client(exchange);
        if (!(base() + "/mcp").equals(form.get("resource"))) {
            problem = "invalid_target";
        }
        boolean granted = switch (String.valueOf(form.get("grant_type"))) {
            case "authorization_code" ->
                String.valueOf(challenges.remove(form.getOrDefault("code", "")))
                        .equals(s256(form.getOrDefault("code_verifier", "")));
            case "refresh_token" -> refreshTokens.remove(form.getOrDefault("refresh_token", "")) != null;
            default -> false;
        };
        ObjectNode json = Json.MAPPER.createObjectNode();
        if (!problem.isEmpty() || !granted) {
            send(exchange, 400, json.put("error", problem.isEmpty() ? "invalid_grant" : problem));
            return;
        }
        String refresh = "refresh-" + number.incrementAndGet();
        refreshTokens.put(refresh, true);
        send(
                exchange,
                200,
                json.put("access_token", "access-" + number.incrementAndGet())
                        .put("refresh_token", refresh)
                        .put("token_type", "Bearer")
                        .put("expires_in", 3600));
    }

    private boolean isAddress(String clientId) {
        return takesAddresses && clientId.startsWith("https://");
    }

    /** RFC 6749 section 2.3.1: id and secret are form-encoded first. */
    private String client(HttpExchange exchange) {
        String header = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        if (!header.startsWith("Basic ")) {
            return "invalid_client";
        }
        String[] pair =
                new String(Base64.getDecoder().decode(header.substring(6)), StandardCharsets.UTF_8).split(":", 2);
        String id = URLDecoder.decode(pair[0], StandardCharsets.UTF_8);
        return URLDecoder.decode(pair[1], StandardCharsets.UTF_8).equals(secrets.get(id)) ? "" : "invalid_client";
    }

    private static String s256(String verifier) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static Map<String, String> pairs(String text) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String pair : text.split("&")) {
            String[] parts = pair.split("=", 2);
            if (parts.length == 2) {
                found.put(
                        URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
                        URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
        }
        return found;
    }

    private static void send(HttpExchange exchange, int status, ObjectNode json) throws IOException {
        byte[] body = Json.MAPPER.writeValueAsBytes(json);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    URI address() {
        return URI.create(base() + "/mcp");
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
