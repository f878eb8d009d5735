package dev.latchkey.lab;

import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The app that the lab has registered at a provider that it plays. Its credentials follow from the provider's id alone, so that an
 * integration stays valid when the process starts again; they grant nothing outside the lab.
 *
 * @param clientId empty where clients register themselves, as at most MCP servers
 * @param settings further settings of an integration, such as {@code id} and {@code publicLink}
 * @param secrets beside the client's secret, such as {@code private_key}
 */
public record LabApp(String clientId, String clientSecret, Map<String, String> settings, Map<String, String> secrets) {

    /** The client's id, unless clients register themselves there. */
    public Optional<String> registeredId() {
        return Optional.of(clientId).filter(id -> !id.isEmpty());
    }

    /** Everything that an integration keeps secret, by its name there: {@code client_secret} and {@link #secrets}. */
    public Map<String, String> allSecrets() {
        Map<String, String> all = new LinkedHashMap<>(secrets);
        registeredId().ifPresent(id -> all.put("client_secret", clientSecret));
        return Map.copyOf(all);
    }

    /** Represents any client. */
    static final LabApp ANY = new LabApp("", "", Map.of(), Map.of());

    /** The app registered at this provider. */
    public static LabApp of(Provider provider) {
        Part part = Parts.of(provider.auth());
        if (part.registersClients()) {
            return new LabApp("", "", Map.of(), Map.of());
        }
        LabApp app = of(provider.id());
        Map<String, String> settings = new LinkedHashMap<>();
        Map<String, String> secrets = new LinkedHashMap<>();
        part.register(new Registration(provider.id(), app, settings, secrets));
        // An operator's own settings, such as an integration's slug at the vendor.
        provider.fields().values().stream()
                .filter(field -> field.scope() == Field.Scope.INTEGRATION)
                .forEach(field -> settings.putIfAbsent(
                        field.id(),
                        field.label().example().or(field::defaultValue).orElse("latchkey")));
        return new LabApp(app.clientId(), app.clientSecret(), Map.copyOf(settings), Map.copyOf(secrets));
    }

    /** The registration of an app, to which a kind of authentication adds what it needs. @param app with its id and secret only */
    record Registration(String providerId, LabApp app, Map<String, String> settings, Map<String, String> secrets) {
        void privateKey(String algorithm) {
            secrets.put("private_key", LabKeys.pem(LabKeys.of(providerId, "app", algorithm)));
        }

        /** The key that the client signs its assertions with, if it authenticates so. */
        void keyOf(ClientAuth clientAuth) {
            if (clientAuth instanceof ClientAuth.PrivateKeyJwt jwt) {
                privateKey(jwt.assertion().algorithm());
            }
        }
    }

    static LabApp of(String providerId) {
        // The plus sign finds clients that forget to encode, or that encode where the vendor does not decode.
        String secret = "lab_secret_+"
                + Base64.getUrlEncoder().withoutPadding().encodeToString(digest("client secret", providerId));
        return new LabApp("lab-" + providerId, secret, Map.of(), Map.of());
    }

    static byte[] digest(String purpose, String providerId) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(("latchkey lab/" + purpose + "/" + providerId).getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "LabApp[" + clientId + "]";
    }
}
