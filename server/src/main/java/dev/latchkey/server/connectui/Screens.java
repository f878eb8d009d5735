package dev.latchkey.server.connectui;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.ConnectSession;
import dev.latchkey.server.connect.ConnectSession.Outcome;
import dev.latchkey.server.connect.ExternalIds;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.environments.Branding;
import dev.latchkey.server.environments.Brandings;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.qr.QrCode;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** What each screen shows to one session. Thread-safe. */
final class Screens {
    /** The integration's setting by which the device flow is offered. */
    private static final String DEVICE_FLOW = "device_flow";

    private final Providers providers;
    private final Integrations integrations;
    private final Connections connections;
    private final Brandings brandings;
    private final ExternalIds externalIds;
    private final URI publicUrl;
    private final InstantSource clock;

    Screens(
            Ground ground,
            Brandings brandings,
            ConnectionParts connections,
            Providers providers,
            ExternalIds externalIds) {
        this.providers = providers;
        this.integrations = connections.integrations;
        this.connections = connections.connections;
        this.brandings = brandings;
        this.externalIds = externalIds;
        this.publicUrl = ground.configuration.publicUrl();
        this.clock = ground.clock;
    }

    /** The first screen: the choice, or the only integration. */
    Screen first(ConnectSession session, Phrases phrases) {
        List<Integration> offered = offered(session);
        if (offered.isEmpty()) {
            return new Screen.Dead("plug", phrases.say("nothing.title"), phrases.say("nothing.text"));
        }
        if (offered.size() == 1) {
            return ask(session, phrases, offered.getFirst(), Optional.empty());
        }
        return picker(
                brandings.of(session.environment()),
                phrases,
                offered.stream()
                        .map(one -> new Screen.Choice(one.uniqueKey(), one.displayName(), logo(one), searched(one)))
                        .toList());
    }

    static Screen.Picker picker(Branding branding, Phrases phrases, List<Screen.Choice> choices) {
        Branding.Texts texts = branding.texts(phrases.language().tag());
        return new Screen.Picker(
                texts.title().orElseGet(() -> phrases.say("pick.title")),
                texts.intro()
                        .orElseGet(() -> branding.productName()
                                .map(name -> phrases.say("pick.intro.product", "product", name))
                                .orElseGet(() -> phrases.say("pick.intro"))),
                choices);
    }

    /** The session's only integration, if there is no choice. */
    Optional<Integration> only(ConnectSession session) {
        List<Integration> offered = offered(session);
        return offered.size() == 1 ? Optional.of(offered.getFirst()) : Optional.empty();
    }

    /** In order of their names. */
    List<Integration> offered(ConnectSession session) {
        List<Integration> allowed = integrations.list(session.environment()).stream()
                .filter(one -> session.allows(one.uniqueKey()))
                .filter(one -> providers.of(one).isPresent())
                .sorted(Comparator.comparing(one -> one.displayName().toLowerCase(Locale.ROOT)))
                .toList();
        // Users are not sent to what the operator has not finished; if there is nothing else, it says so itself.
        List<Integration> ready = allowed.stream()
                .filter(one -> !providers.lacksClient(one) || bringsClient(session, one))
                .toList();
        return ready.isEmpty() ? allowed : ready;
    }

    /** A session may have a client of its own, in place of the integration's. */
    private static boolean bringsClient(ConnectSession session, Integration integration) {
        return session.presets().values(integration.uniqueKey()).containsKey(ConfigFields.CLIENT_ID);
    }

    Optional<Integration> allowed(ConnectSession session, String key) {
        return offered(session).stream()
                .filter(one -> one.uniqueKey().equals(key))
                .findFirst();
    }

    Screen.Ask ask(ConnectSession session, Phrases phrases, Integration integration, Optional<Screen.Problem> problem) {
        Provider provider = providers.of(integration).orElseThrow();
        Set<String> preset = session.presets().values(integration.uniqueKey()).keySet();
        Optional<Connection> before = session.reconnect().flatMap(id -> connections.remains(session.environment(), id));
        Map<String, String> known = new HashMap<>();
        before.ifPresent(it -> it.config().properties().forEach(entry -> {
            if (entry.getValue().isString()) {
                known.put(entry.getKey(), entry.getValue().asString());
            }
        }));
        Optional<String> help = Optional.ofNullable(session.request().help().get(integration.uniqueKey()));
        return new Screen.Ask(
                integration.uniqueKey(),
                integration.displayName(),
                logo(integration),
                session.returnUrl().isPresent(),
                isByCode(provider, integration),
                ConnectForm.of(provider, preset, known, externalIds.of(provider, session), phrases),
                ConnectForm.help(provider, help),
                problem,
                before.map(it ->
                        new Screen.Reconnect(it.endUser().flatMap(Screens::named), trouble(it, integration, phrases))));
    }

    /** The provider must support it, and the operator must want it: with some providers it has to be switched on in the app first. */
    private static boolean isByCode(Provider provider, Integration integration) {
        return provider.auth().facts().deviceGrant().isPresent()
                && "true".equals(integration.settings().get(DEVICE_FLOW));
    }

    /** An id alone means nothing to people. */
    private static Optional<String> named(Connection.EndUser user) {
        return user.displayName()
                .map(name ->
                        user.email().map(email -> name + " (" + email + ")").orElse(name))
                .or(user::email);
    }

    private static Screen.Trouble trouble(Connection connection, Integration integration, Phrases phrases) {
        if (integration.broken().isPresent()) {
            return new Screen.Trouble(
                    phrases.say("reconnect.misconfigured", "provider", integration.displayName()), true);
        }
        if (connection.failure().isEmpty()) {
            return new Screen.Trouble(phrases.say("reconnect.fine", "provider", integration.displayName()), false);
        }
        Connection.Failure failure = connection.failure().get();
        String key = switch (failure.kind()) {
            case REJECTED -> "reconnect.rejected";
            case TRANSIENT, UNREADABLE -> "reconnect.transient";
            case MISCONFIGURED -> "reconnect.misconfigured";
        };
        String date = DateTimeFormatter.ofLocalizedDate(FormatStyle.LONG)
                .withLocale(phrases.language().locale())
                .format(failure.since().atZone(ZoneOffset.UTC));
        return new Screen.Trouble(phrases.fill(key, Map.of("provider", integration.displayName(), "date", date)), true);
    }

    Screen.Done done(ConnectSession session, Phrases phrases, Integration integration, boolean pending) {
        Branding.Texts texts =
                brandings.of(session.environment()).texts(phrases.language().tag());
        String text = pending
                ? phrases.say("done.pending.text", "provider", integration.displayName())
                : texts.done().orElseGet(() -> phrases.say("done.text", "provider", integration.displayName()));
        return new Screen.Done(
                integration.displayName(),
                logo(integration),
                phrases.say(pending ? "done.pending.title" : "done.title"),
                text,
                pending ? List.of() : missing(session, integration),
                session.returnUrl());
    }

    /** What the user did not allow, of the connection that this session made. */
    private List<String> missing(ConnectSession session, Integration integration) {
        return session.outcome()
                .filter(it -> it.integrationKey().equals(integration.uniqueKey()))
                .flatMap(Outcome::connectionName)
                .flatMap(name -> connections.find(session.environment(), integration.uniqueKey(), name))
                .map(it -> it.scopes().missing())
                .orElse(List.of());
    }

    /** Back from the provider in this same window: the session has the result. */
    Screen returned(ConnectSession session, Phrases phrases) {
        Optional<Outcome> outcome = session.outcome();
        Optional<Integration> integration = outcome.flatMap(it -> allowed(session, it.integrationKey()));
        if (outcome.isEmpty() || integration.isEmpty()) {
            return first(session, phrases);
        }
        if (outcome.get().isConnected()) {
            return done(session, phrases, integration.get(), outcome.get().pending());
        }
        return ask(
                session,
                phrases,
                integration.get(),
                Optional.of(new Screen.Problem(
                        phrases.refusal(outcome.get().code(), integration.get().displayName()),
                        outcome.get().message())));
    }

    Screen device(ConnectSession session, String token, Phrases phrases) {
        String link = publicUrl + "/connect/?session_token=" + token + "&lang="
                + phrases.language().tag();
        QrCode code = QrCode.of(link);
        long seconds = Math.max(
                0, Duration.between(clock.instant(), session.expiresAt()).toSeconds());
        return new Screen.Device(link, code.path(), code.size(), seconds);
    }

    static Screen.Dead dead(Phrases phrases, String icon, String key) {
        return new Screen.Dead(icon, phrases.say(key + ".title"), phrases.say(key + ".text"));
    }

    private static String searched(Integration integration) {
        return (integration.displayName() + " " + integration.provider()).toLowerCase(Locale.ROOT);
    }

    private String logo(Integration integration) {
        return logo(integration.environment(), integration.provider());
    }

    String logo(UUID environment, String provider) {
        return Links.at("/images/template-logos/" + providers.in(environment).logo(provider) + ".svg");
    }
}
