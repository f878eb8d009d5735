package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.datastore.DatastoreDriver;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientGrant;
import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Reads the {@code auth} block: each kind has its name in definitions and its reader here. */
final class AuthReader {
    static final Map<String, Function<Section, Auth>> KINDS = kinds();

    private AuthReader() {}

    /** Empty without a kind, which is reported alone: all else that the block and the rest of the definition need follows from it. */
    static Optional<Auth> read(Section section) {
        String kind = section.required("kind", List.copyOf(KINDS.keySet()));
        Function<Section, Auth> reader = KINDS.get(kind);
        if (reader != null) {
            return Optional.of(reader.apply(section));
        }
        if (!kind.isEmpty()) {
            section.problem(
                    "kind",
                    "'" + kind + "' is no kind of authentication" + Nearest.question(kind, KINDS.keySet())
                            + (Nearest.of(kind, KINDS.keySet()).isEmpty() ? "; the" : " The") + " kinds are "
                            + String.join(", ", KINDS.keySet()));
        }
        section.leave();
        return Optional.empty();
    }

    /** In the order in which editors suggest them. */
    private static Map<String, Function<Section, Auth>> kinds() {
        Map<String, Function<Section, Auth>> kinds = new LinkedHashMap<>();
        kinds.put("oauth2_code", section -> new Auth.OAuth2Code(CodeGrantReader.read(section)));
        kinds.put("oauth2_client", AuthReader::client);
        kinds.put("oauth1", AuthReader::oauth1);
        kinds.put("oauth1_static", AuthReader::oauth1Static);
        kinds.put("api_key", section -> new Auth.ApiKey());
        kinds.put("basic", AuthReader::basic);
        kinds.put("digest", section -> new Auth.Digest());
        kinds.put("none", section -> new Auth.NoAuth());
        kinds.put("signed_token", AuthReader::signedToken);
        kinds.put("exchange", AuthReader::exchange);
        kinds.put("app_installation", AuthReader::installation);
        kinds.put("aws_role", AuthReader::role);
        kinds.put("mcp", AuthReader::mcp);
        kinds.put("plugin_install", AuthReader::plugin);
        kinds.put("datastore", AuthReader::datastore);
        return kinds;
    }

    private static Auth client(Section section) {
        return new Auth.OAuth2Client(new ClientGrant(
                ClientAuthReader.read(section),
                CallReader.required(section, "exchange"),
                section.map("scope", ScopesReader::read).orElse(Scopes.NONE),
                TokenReader.read(section),
                section.map("ok_when", CallReader::okWhen),
                TokenReader.expiry(section),
                TokenReader.learn(section)));
    }

    private static Auth oauth1(Section section) {
        return new Auth.OAuth1(
                CallReader.required(section, "request"),
                ScopesReader.authorize(section),
                CallReader.required(section, "access"),
                signing(section),
                TokenReader.learn(section));
    }

    private static Auth oauth1Static(Section section) {
        return new Auth.OAuth1Static(
                signing(section),
                section.choice("consumer", "integration", "connection").equals("connection")
                        ? Auth.Consumer.CONNECTION
                        : Auth.Consumer.INTEGRATION);
    }

    private static Auth.Signing signing(Section section) {
        return new Auth.Signing(signature(section), section.template("realm", Template.Position.HEADER));
    }

    private static Auth.Signature signature(Section section) {
        return switch (section.choice("signature", "HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1", "PLAINTEXT")) {
            case "HMAC-SHA256" -> Auth.Signature.HMAC_SHA256;
            case "RSA-SHA1" -> Auth.Signature.RSA_SHA1;
            case "PLAINTEXT" -> Auth.Signature.PLAINTEXT;
            default -> Auth.Signature.HMAC_SHA1;
        };
    }

    private static Auth basic(Section section) {
        return new Auth.Basic(
                TemplateReader.text(section, "username", "${secret.username}"),
                TemplateReader.text(section, "password", "${secret.password}"));
    }

    private static Auth signedToken(Section section) {
        Duration lifetime = section.duration("lifetime").orElse(Duration.ofMinutes(5));
        Duration quarter = lifetime.dividedBy(4);
        Auth.Expiry expiry = TokenReader.expiry(section);
        return new Auth.SignedToken(
                section.required("alg"),
                TemplateReader.text(section, "key", "${secret.privateKey}"),
                section.choice("key_encoding", "text", "hex", "base64", "pem"),
                section.templates("header", Template.Position.PLAIN),
                section.templates("claims", Template.Position.PLAIN),
                lifetime,
                // A token with a lifetime of five minutes is not due for fifteen.
                section.has("expiry") || quarter.compareTo(expiry.buffer()) >= 0 ? expiry : expiry.withBuffer(quarter));
    }

    private static Auth exchange(Section section) {
        return new Auth.Exchange(
                section.sections("steps").stream()
                        .map(step -> new Auth.Step(
                                step.required("id"), CallReader.read(step, Call.Method.POST), step.picks("pick")))
                        .toList(),
                section.map("assertion", ClientAuthReader::assertion),
                section.map("refresh", CallReader::token),
                TokenReader.read(section),
                TokenReader.learnFromExchange(section),
                TokenReader.expiry(section),
                section.text("mode"));
    }

    private static Auth installation(Section section) {
        Section token = section.sectionOrEmpty("token");
        section.needs("jwt");
        return new Auth.AppInstallation(
                section.map("install", install -> TemplateReader.url(install, "url"))
                        .orElse(new Text(List.of())),
                ClientAuthReader.assertion(section.sectionOrEmpty("jwt")),
                CallReader.read(token, Call.Method.POST),
                TokenReader.shape(token),
                section.map("user", CodeGrantReader::read),
                section.map("proof", CodeGrantReader::proof));
    }

    private static Auth role(Section section) {
        return new Auth.AwsRole(
                section.has("sts")
                        ? TemplateReader.url(section, "sts")
                        : section.parse("sts", "https://sts.${config.region}.amazonaws.com/", Template.Position.URL)
                                .map(Text::of)
                                .orElseThrow(),
                TemplateReader.text(section, "role_arn", "${config.roleArn}"),
                TemplateReader.text(section, "external_id", "${config.externalId}"),
                TemplateReader.text(section, "region", "${config.region}"),
                TemplateReader.text(section, "access_key_id", "${app.accessKeyId}"),
                TemplateReader.text(section, "secret_access_key", "${app.secretAccessKey}"),
                section.duration("lifetime").orElse(Duration.ofHours(1)),
                TokenReader.expiry(section));
    }

    private static Auth mcp(Section section) {
        return new Auth.Mcp(
                TemplateReader.url(section, "server"),
                Auth.Mcp.Registration.valueOf(
                        section.choice("registration", "discover", "metadata_url", "dynamic", "static")
                                .toUpperCase(Locale.ROOT)),
                section.map("known", CodeGrantReader::read));
    }

    private static Auth plugin(Section section) {
        return new Auth.PluginInstall(
                TemplateReader.url(section, "install"),
                section.texts("callback"),
                CodeGrantReader.callbackCheck(section));
    }

    private static Auth datastore(Section section) {
        return new Auth.Datastore(
                DatastoreDriver.valueOf(
                        section.choice("driver", DatastoreDriver.words().toArray(String[]::new))
                                .toUpperCase(Locale.ROOT)),
                section.texts("mechanisms"));
    }
}
