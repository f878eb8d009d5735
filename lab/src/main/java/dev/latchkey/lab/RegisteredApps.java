package dev.latchkey.lab;

import dev.latchkey.catalogue.model.ClientAuth;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Clients that registered themselves (RFC 7591). Like the lab's tokens they are self-contained and signed, so that a client stays
 * known after a restart. Thread-safe.
 */
final class RegisteredApps {
    private static final String PREFIX = "lab_app_";
    private static final Set<String> METHODS = Set.of("client_secret_basic", "none");
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    /** @param redirectUri empty: any below the lab's own address */
    record Registered(LabApp app, Optional<String> redirectUri, ClientAuth how) {
        boolean takes(String uri) {
            return redirectUri.map(uri::equals).orElse(true);
        }
    }

    private final URI base;
    private final SecureRandom random;
    private final SecretKeySpec key;

    RegisteredApps(String providerId, URI base, SecureRandom random) {
        this.base = base;
        this.random = random;
        this.key = new SecretKeySpec(LabApp.digest("registered apps", providerId), "HmacSHA256");
    }

    static Registered byHand(LabApp app) {
        return new Registered(app, Optional.empty(), new ClientAuth.ClientSecretBasic(true));
    }

    /** RFC 7591 section 3.2. */
    Answer register(JsonNode metadata) {
        JsonNode uris = metadata.path("redirect_uris");
        String uri = uris.path(0).asString("");
        if (uris.size() != 1 || !uri.startsWith(base + "/")) {
            return Answer.error(
                    400, "invalid_redirect_uri", "redirect_uris must be one address that begins with " + base + "/");
        }
        String method = metadata.path("token_endpoint_auth_method").asString("client_secret_basic");
        if (!METHODS.contains(method)) {
            return Answer.error(
                    400, "invalid_client_metadata", "token_endpoint_auth_method must be one of the server's metadata");
        }
        byte[] nonce = new byte[9];
        random.nextBytes(nonce);
        ObjectNode described =
                JsonTree.NODES.objectNode().put("r", uri).put("m", method).put("n", ENCODER.encodeToString(nonce));
        String text = ENCODER.encodeToString(described.toString().getBytes(StandardCharsets.UTF_8));
        String id = PREFIX + text + "." + mac("id", text);
        ObjectNode answer = (ObjectNode) metadata.deepCopy();
        answer.put("client_id", id).put("token_endpoint_auth_method", method);
        if (!method.equals("none")) {
            answer.put("client_secret", secret(text)).put("client_secret_expires_at", 0);
        }
        return Answer.json(201, answer, "client registered");
    }

    Optional<Registered> find(String id) {
        int dot = id.lastIndexOf('.');
        if (dot < 0 || !id.startsWith(PREFIX)) {
            return Optional.empty();
        }
        String text = id.substring(PREFIX.length(), dot);
        boolean ours = MessageDigest.isEqual(
                mac("id", text).getBytes(StandardCharsets.US_ASCII),
                id.substring(dot + 1).getBytes(StandardCharsets.UTF_8));
        if (!ours) {
            return Optional.empty();
        }
        JsonNode described = JsonMapper.shared().readTree(Base64.getUrlDecoder().decode(text));
        ClientAuth how = described.path("m").asString().equals("none")
                ? new ClientAuth.None("client_id")
                : new ClientAuth.ClientSecretBasic(true);
        return Optional.of(new Registered(
                new LabApp(id, secret(text), Map.of(), Map.of()),
                Optional.of(described.path("r").asString()),
                how));
    }

    /** Our own client id metadata document: the same process serves it, so there is no need to fetch it. */
    Optional<Registered> byAddress(String id) {
        return id.matches(java.util.regex.Pattern.quote(base + "/oauth/client-metadata/") + "[0-9a-f-]{36}")
                        && "https".equals(base.getScheme())
                ? Optional.of(new Registered(
                        new LabApp(id, "", Map.of(), Map.of()), Optional.empty(), new ClientAuth.None("client_id")))
                : Optional.empty();
    }

    /** The plus sign finds clients that forget to encode. */
    private String secret(String text) {
        return "lab_secret_+" + mac("secret", text);
    }

    private String mac(String purpose, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return ENCODER.encodeToString(mac.doFinal((purpose + "/" + text).getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has HmacSHA256", e);
        }
    }
}
