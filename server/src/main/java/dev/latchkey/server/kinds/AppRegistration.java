package dev.latchkey.server.kinds;

import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.secrets.Secret;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What a product's app is registered with at a provider, as the credentials of an integration hold it. */
public record AppRegistration(Optional<String> clientId, Map<String, Secret> secrets, Map<String, String> settings) {
    /** The type that most providers take: the client of RFC 6749. */
    public static final String OAUTH_CLIENT = "OAUTH2";

    static final String PRIVATE_KEY = "private_key";
    static final String CLIENT_ID = "client_id";
    static final String CLIENT_SECRET = "client_secret";
    static final String WEBHOOK_SECRET = "webhook_secret";

    /** @param type of the credentials; if it is not the provider's, the caller has reported that */
    public static AppRegistration read(String type, InputObject given) {
        if (AppInstallationKind.TYPES.contains(type)) {
            return AppInstallationKind.registration(type, given);
        }
        return type.equals(AwsRoleKind.TYPE) ? AwsRoleKind.registration(given) : client(given);
    }

    /** The key authenticates the client (private_key_jwt, RSA-SHA1) in place of a secret. */
    private static AppRegistration client(InputObject given) {
        Map<String, Secret> secrets = privateKey(given);
        String clientId = given.required(CLIENT_ID);
        Optional<String> secret =
                secrets.isEmpty() ? Optional.of(given.required(CLIENT_SECRET)) : given.text(CLIENT_SECRET);
        secret.ifPresent(text -> secrets.put(CLIENT_SECRET, new Secret(text)));
        return new AppRegistration(Optional.of(clientId), secrets, Map.of());
    }

    static Map<String, Secret> privateKey(InputObject given) {
        Map<String, Secret> secrets = new HashMap<>();
        given.text(PRIVATE_KEY)
                .filter(text -> !text.isEmpty())
                .ifPresent(text -> secrets.put(PRIVATE_KEY, new Secret(text)));
        return secrets;
    }

    /**
     * A registration as it is sent, without its secrets.
     *
     * @param members of the credentials, beside the type
     * @param secrets the member of each secret that it has, by the secret's name
     * @param settings the names of those that are members, and so no further settings
     */
    public record Sent(Map<String, String> members, Map<String, String> secrets, Set<String> settings) {}

    /** The inverse of {@link #read}. */
    public Sent sent(String type) {
        Map<String, String> members = new LinkedHashMap<>();
        Map<String, String> asMember = new LinkedHashMap<>();
        if (AppInstallationKind.TYPES.contains(type)) {
            asMember.putAll(AppInstallationKind.SETTINGS);
        } else if (type.equals(AwsRoleKind.TYPE)) {
            asMember.putAll(AwsRoleKind.SETTINGS);
        }
        asMember.forEach((setting, member) ->
                Optional.ofNullable(settings.get(setting)).ifPresent(value -> members.put(member, value)));
        clientId.ifPresent(id -> members.put(CLIENT_ID, id));
        Map<String, String> hidden = new TreeMap<>();
        Stream.of(CLIENT_SECRET, PRIVATE_KEY, WEBHOOK_SECRET)
                .filter(secrets::containsKey)
                .forEach(name -> hidden.put(name, name));
        if (type.equals(AwsRoleKind.TYPE)
                && members.containsKey("access_key_id")
                && secrets.containsKey(AwsRoleKind.SECRET_KEY)) {
            hidden.put(AwsRoleKind.SECRET_KEY, "secret_access_key");
        }
        return new Sent(members, hidden, asMember.keySet());
    }
}
