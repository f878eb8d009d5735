package dev.latchkey.client;

import java.util.Map;
import java.util.function.Function;

/** The classes of {@link Credentials}. */
final class CredentialKinds {
    private CredentialKinds() {}

    /** By the name of the type in the API. */
    static final Map<String, Function<Json, Credentials>> READERS = Map.ofEntries(
            Map.entry("OAUTH2", Credentials.OAuth2::new),
            Map.entry("OAUTH2_CC", Credentials.OAuth2Client::new),
            Map.entry("OAUTH1", Credentials.OAuth1::new),
            Map.entry("API_KEY", Credentials.ApiKey::new),
            Map.entry("BASIC", Credentials.Basic::new),
            Map.entry("DIGEST", Credentials.Basic::new),
            Map.entry("APP", Credentials.App::new),
            Map.entry("TBA", Credentials.Tba::new),
            Map.entry("JWT", Credentials.Token::new),
            Map.entry("TWO_STEP", Credentials.Token::new),
            Map.entry("SIGNATURE", Credentials.Token::new),
            Map.entry("BILL", Credentials.Token::new),
            Map.entry("AWS_SIGV4", Credentials.AwsSigV4::new),
            Map.entry("DATASTORE", Credentials.Datastore::new),
            Map.entry("NONE", Credentials.None::new));
}
