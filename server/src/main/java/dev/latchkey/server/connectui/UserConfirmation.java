package dev.latchkey.server.connectui;

import dev.latchkey.server.connect.ConnectSession;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.FlowEnds;
import dev.latchkey.server.connect.PlainName;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.environments.Branding;
import dev.latchkey.server.environments.Brandings;
import dev.latchkey.server.environments.ConfirmUser;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.http.Form;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.Pages;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.vault.Hash;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The page before everything else: for whom is this account connected? The holder of a session's token can lead another person's
 * browser through the flow (RFC 9700 section 4.7 binds the callback to the browser that began, which is then the victim's), and only
 * the person in front of it knows that they are not that user. Thread-safe.
 */
public final class UserConfirmation {
    public static final String TOKEN = "confirm";
    public static final String DECISION = "decision";
    public static final String CONTINUE = "continue";
    public static final String STOP = "stop";

    private static final StaticTemplates TEMPLATES = new StaticTemplates();
    private static final HeaderName FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");

    private final ConnectSessions sessions;
    private final Connections connections;
    private final Brandings brandings;
    private final Providers providers;
    private final FlowEnds ends;
    private final Environments environments;
    private final FlowCookie cookie;
    private final String ownOrigin;

    public UserConfirmation(
            ConnectSessions sessions,
            Connections connections,
            Brandings brandings,
            Providers providers,
            FlowEnds ends,
            Environments environments,
            FlowCookie cookie,
            URI publicUrl) {
        this.ownOrigin = publicUrl.getScheme() + "://" + publicUrl.getRawAuthority();
        this.sessions = sessions;
        this.connections = connections;
        this.brandings = brandings;
        this.providers = providers;
        this.ends = ends;
        this.environments = environments;
        this.cookie = cookie;
    }

    /**
     * The origins that may frame the Connect UI. Without a session those of every environment: Nango's client opens the page first, and
     * sends the token by a message ({@link FramedPage}).
     */
    List<String> parents(Optional<ConnectSession> session) {
        return session.flatMap(it -> environments.byId(it.environment()))
                .map(Environment::connectUiParents)
                .orElseGet(environments::connectUiParents);
    }

    /** Whether a page of this origin may frame it; our own may, as the dashboard does. */
    boolean isParent(ConnectSession session, String origin) {
        return origin.equalsIgnoreCase(ownOrigin)
                || environments
                        .byId(session.environment())
                        .filter(it -> it.isParent(origin))
                        .isPresent();
    }

    /**
     * What the page shows.
     *
     * @param theme light, dark, or empty for the browser's own
     * @param token which our page alone knows, and which is worth nothing without the browser's cookie
     */
    public record Question(
            String title,
            String text,
            Optional<String> organization,
            Optional<String> logo,
            String theme,
            String action,
            String token) {}

    public enum Decision {
        CONTINUE,
        STOP,
        /** The form was not issued to this browser. */
        FOREIGN
    }

    /** @param ledByPage whether a page of the product is known to have led here */
    public boolean isDue(ServerRequest request, ConnectSession session, boolean ledByPage) {
        boolean asks = switch (when(session)) {
            case NEVER -> false;
            case LINKS -> !ledByPage && !site(request).equals("same-origin");
            // A window that our own page opened: that page has asked already.
            case ALWAYS -> session.confirmedBy().isEmpty() || !site(request).equals("same-origin");
        };
        return asks && isBrowser(request) && !isConfirmedHere(request, session);
    }

    ConfirmUser when(ConnectSession session) {
        return environments
                .byId(session.environment())
                .map(Environment::confirmUser)
                .orElse(ConfirmUser.ALWAYS);
    }

    /** Whether the person in front of this browser has said that they are the session's user. */
    boolean isConfirmedHere(ServerRequest request, ConnectSession session) {
        return session.isConfirmedBy(cookie.of(request));
    }

    /** A program reads no page, and no accounts are signed in there. */
    private static boolean isBrowser(ServerRequest request) {
        return request.headers().contains(FETCH_SITE)
                || request.headers().first(HeaderNames.ACCEPT).orElse("").contains("text/html");
    }

    private static String site(ServerRequest request) {
        return request.headers().first(FETCH_SITE).orElse("");
    }

    /**
     * @param integration that is connected; empty if the person has not chosen yet
     * @param action where the form goes; it carries the session's token, as this request does
     */
    public void ask(
            ServerRequest request,
            ServerResponse response,
            Phrases phrases,
            ConnectSession session,
            Optional<Integration> integration,
            String action) {
        String browser = cookie.of(request);
        response.headers().addCookie(cookie.holding(browser));
        Pages.confirmationHeaders(response, cookie.isSecure());
        Branding branding = brandings.of(session.environment());
        response.send(TEMPLATES
                .connectConfirm(
                        Sheet.of(phrases, session.environment(), branding, false, false),
                        question(
                                phrases,
                                session,
                                branding,
                                integration,
                                action,
                                new Marks(theme(request, branding), formToken(session, browser))))
                .render());
    }

    /** The same for a screen of the Connect UI, which is not a form of its own. */
    Question question(Phrases phrases, ConnectSession session, Optional<Integration> integration) {
        return question(phrases, session, brandings.of(session.environment()), integration, "", new Marks("", ""));
    }

    private record Marks(String theme, String token) {}

    /** As the URL requests it, or the branding. */
    private static String theme(ServerRequest request, Branding branding) {
        String theme = request.query()
                .first("theme")
                .asOptional()
                .filter(List.of("light", "dark", "system")::contains)
                .orElseGet(() -> branding.theme().name().toLowerCase(Locale.ROOT));
        return theme.equals("system") ? "" : theme;
    }

    private Question question(
            Phrases phrases,
            ConnectSession session,
            Branding branding,
            Optional<Integration> integration,
            String action,
            Marks marks) {
        Optional<Connection.EndUser> user = session.endUser()
                .or(() -> session.reconnect()
                        .flatMap(id -> connections.remains(session.environment(), id))
                        .flatMap(Connection::endUser));
        String key = "confirm.text" + (integration.isPresent() ? "" : ".any")
                + (branding.productName().isPresent() ? ".product" : "");
        String provider = integration.map(this::named).orElse("");
        // One pass, so that a name is never read as a placeholder.
        String text = phrases.fill(
                key,
                Map.of(
                        "provider",
                        provider,
                        "product",
                        branding.productName().orElse(""),
                        "who",
                        who(user, session.tags()).orElseGet(() -> phrases.say("confirm.unnamed"))));
        return new Question(
                integration.isPresent()
                        ? phrases.say("confirm.title", "provider", provider)
                        : phrases.say("confirm.title.any"),
                text,
                organization(user, session.tags()).map(name -> phrases.say("confirm.organization", "name", name)),
                integration.map(it -> Links.at("/images/template-logos/"
                        + providers.in(it.environment()).logo(it.provider()) + ".svg")),
                marks.theme(),
                action,
                marks.token());
    }

    private String named(Integration integration) {
        return providers.of(integration).map(provider -> provider.name()).orElseGet(integration::displayName);
    }

    /** A name that people choose for themselves proves nothing alone: it is shown with the email address or the product's own id. */
    private static Optional<String> who(Optional<Connection.EndUser> user, Map<String, String> tags) {
        Optional<String> name = user.flatMap(Connection.EndUser::displayName)
                .or(() -> Optional.ofNullable(tags.get("end_user_display_name")));
        Optional<String> email =
                user.flatMap(Connection.EndUser::email).or(() -> Optional.ofNullable(tags.get("end_user_email")));
        Optional<String> id = user.map(Connection.EndUser::id).or(() -> Optional.ofNullable(tags.get("end_user_id")));
        List<String> sure = Stream.concat(email.stream(), id.stream()).limit(1).toList();
        if (sure.isEmpty() && name.isEmpty()) {
            String all =
                    String.join(", ", tags.values().stream().sorted().limit(3).toList());
            return all.isEmpty() ? Optional.empty() : Optional.of(PlainName.of(all));
        }
        String certain = String.join("", sure);
        return Optional.of(PlainName.of(name.filter(it -> !it.equals(certain))
                .map(it -> sure.isEmpty() ? it : it + " (" + certain + ")")
                .orElse(certain)));
    }

    private static Optional<String> organization(Optional<Connection.EndUser> user, Map<String, String> tags) {
        return user.flatMap(Connection.EndUser::organization)
                .map(it -> it.displayName().orElse(it.id()))
                .or(() -> Optional.ofNullable(tags.get("organization_display_name")))
                .or(() -> Optional.ofNullable(tags.get("organization_id")))
                .map(PlainName::of);
    }

    /** Whether the person continues; this browser is then not asked again in this session. */
    public Decision decide(ServerRequest request, ConnectSession session, Form form) {
        String browser = cookie.of(request);
        boolean ours = MessageDigest.isEqual(
                formToken(session, browser).getBytes(StandardCharsets.US_ASCII),
                form.first(TOKEN).orElse("").getBytes(StandardCharsets.UTF_8));
        if (!ours || !List.of("", "same-origin").contains(site(request))) {
            return Decision.FOREIGN;
        }
        return switch (form.first(DECISION).orElse("")) {
            case CONTINUE -> {
                sessions.confirm(session, browser);
                yield Decision.CONTINUE;
            }
            case STOP -> Decision.STOP;
            default -> Decision.FOREIGN;
        };
    }

    private static String formToken(ConnectSession session, String browser) {
        return HexFormat.of().formatHex(Hash.of("confirm:" + session.id() + ":" + browser));
    }

    /** Another person got the session's link: the session is closed, and the product is notified. */
    public void stop(ConnectSession session, Optional<Integration> integration) {
        ends.disowned(session, integration);
    }

    /** After {@link #stop}. */
    public void stopped(ServerResponse response, Phrases phrases) {
        end(response, phrases, "confirm.stopped", Status.OK_200);
    }

    /** After {@link Decision#FOREIGN}. */
    public void refused(ServerResponse response, Phrases phrases) {
        end(response, phrases, "confirm.foreign", Status.FORBIDDEN_403);
    }

    private void end(ServerResponse response, Phrases phrases, String key, Status status) {
        Pages.confirmationHeaders(response, cookie.isSecure());
        response.status(status);
        response.send(TEMPLATES
                .connectFlowEnd(
                        phrases,
                        phrases.say(key + ".title"),
                        phrases.say(key + ".text"),
                        "",
                        status.equals(Status.OK_200),
                        false)
                .render());
    }
}
