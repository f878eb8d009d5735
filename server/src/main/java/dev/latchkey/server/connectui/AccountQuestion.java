package dev.latchkey.server.connectui;

import dev.latchkey.server.connect.AccountChoice;
import dev.latchkey.server.environments.Branding;
import dev.latchkey.server.environments.Brandings;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.Pages;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.providers.Providers;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The page after a provider's: it granted access to several accounts, and the user says which is connected. It is a page of its own in
 * popups, frames and redirects alike, and works without scripts. Thread-safe.
 */
public final class AccountQuestion {
    public static final String ACCOUNT = "account";
    public static final String DECISION = "decision";
    public static final String CONNECT = "connect";
    public static final String STOP = "stop";
    public static final String SEARCH = "search";
    public static final String STATE = "state";

    /** More are found by searching. */
    private static final int MOST_SHOWN = 100;

    private static final int WORTH_A_SEARCH = 10;
    private static final int LONGEST_SEARCH = 100;
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private final Brandings brandings;
    private final Providers providers;
    private final FlowCookie cookie;

    AccountQuestion(Brandings brandings, Providers providers, FlowCookie cookie) {
        this.brandings = brandings;
        this.providers = providers;
        this.cookie = cookie;
    }

    /** @param number by which it is chosen */
    public record Shown(int number, String title, String detail) {}

    /**
     * What the page shows.
     *
     * @param more whether others were found, which are not shown
     * @param search what was searched; absent where there are too few accounts for that
     * @param problem with what was posted
     */
    public record Accounts(
            String provider,
            String logo,
            String theme,
            String state,
            List<Shown> accounts,
            boolean more,
            Optional<String> search,
            boolean formerGone,
            Optional<String> problem) {}

    /** @param wrong nothing was chosen that was offered */
    public void ask(
            ServerRequest request,
            ServerResponse response,
            Phrases phrases,
            Integration integration,
            AccountChoice choice,
            boolean wrong) {
        Branding branding = brandings.of(integration.environment());
        String theme = branding.theme().name().toLowerCase(Locale.ROOT);
        String search = request.query().first(SEARCH).orElse("");
        List<Shown> found = found(choice, search.length() > LONGEST_SEARCH ? "" : search);
        Pages.confirmationHeaders(response, cookie.isSecure());
        response.status(wrong ? Status.BAD_REQUEST_400 : Status.OK_200);
        response.send(TEMPLATES
                .connectAccounts(
                        Sheet.of(phrases, integration.environment(), branding, false, false),
                        new Accounts(
                                providers
                                        .of(integration)
                                        .map(provider -> provider.name())
                                        .orElseGet(integration::displayName),
                                Links.at("/images/template-logos/"
                                        + providers
                                                .in(integration.environment())
                                                .logo(integration.provider()) + ".svg"),
                                theme.equals("system") ? "" : theme,
                                request.query().first(STATE).orElse(""),
                                found.stream().limit(MOST_SHOWN).toList(),
                                found.size() > MOST_SHOWN,
                                Optional.of(search)
                                        .filter(it -> choice.options().size() > WORTH_A_SEARCH),
                                choice.formerGone(),
                                wrong ? Optional.of(phrases.say("accounts.wrong")) : Optional.empty()))
                .render());
    }

    private static List<Shown> found(AccountChoice choice, String search) {
        return IntStream.range(0, choice.options().size())
                .filter(number -> choice.options().get(number).says(search))
                .mapToObj(number -> new Shown(
                        number,
                        choice.options().get(number).title(),
                        choice.options().get(number).detail()))
                .toList();
    }
}
