package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.template.Template;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** Reads how a client authenticates at the token endpoint, and the assertions that it may sign. */
final class ClientAuthReader {
    private ClientAuthReader() {}

    static ClientAuth read(Section section) {
        if (!section.isText("client_auth") && section.has("client_auth")) {
            return section.map("client_auth", one -> {
                        if (one.has("private_key_jwt")) {
                            return new ClientAuth.PrivateKeyJwt(one.map("private_key_jwt", ClientAuthReader::assertion)
                                    .orElseThrow());
                        }
                        Map<String, String> names = one.entries("names");
                        return (ClientAuth) new ClientAuth.InBody(
                                names.getOrDefault("id", "client_id"), names.getOrDefault("secret", "client_secret"));
                    })
                    .orElseThrow();
        }
        return switch (section.choice(
                "client_auth",
                "body",
                "basic",
                "basic_encoded",
                "secret_basic",
                "none",
                "nothing",
                "private_key_jwt")) {
            case "basic" -> new ClientAuth.ClientSecretBasic(false);
            case "basic_encoded" -> new ClientAuth.ClientSecretBasic(true);
            case "secret_basic" -> new ClientAuth.SecretBasic();
            case "none" -> new ClientAuth.None("client_id");
            case "nothing" -> new ClientAuth.None("");
            case "private_key_jwt" ->
                new ClientAuth.PrivateKeyJwt(new Auth.Assertion(
                        Auth.Assertion.Type.JWT,
                        "RS256",
                        TemplateReader.text(section, "key", "${app.privateKey}"),
                        Duration.ofMinutes(5),
                        Map.of(),
                        Map.of()));
            default -> new ClientAuth.InBody("client_id", "client_secret");
        };
    }

    static Auth.Assertion assertion(Section section) {
        return new Auth.Assertion(
                Auth.Assertion.Type.valueOf(
                        section.choice("type", "jwt", "saml").toUpperCase(Locale.ROOT)),
                section.required("alg"),
                TemplateReader.text(section, "key", "${app.privateKey}"),
                section.duration("lifetime").orElse(Duration.ofMinutes(5)),
                section.templates("header", Template.Position.PLAIN),
                section.templates("claims", Template.Position.PLAIN));
    }
}
