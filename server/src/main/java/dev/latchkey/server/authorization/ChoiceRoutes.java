package dev.latchkey.server.authorization;

import dev.latchkey.server.connect.AccountChoice;
import dev.latchkey.server.connect.AccountChoices;
import dev.latchkey.server.connect.AuthorizationFlow;
import dev.latchkey.server.connect.AuthorizationFlows;
import dev.latchkey.server.connect.FlowEnds;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connect.FlowRefusedException;
import dev.latchkey.server.connectui.AccountQuestion;
import dev.latchkey.server.connectui.FlowCookie;
import dev.latchkey.server.connectui.Phrases;
import dev.latchkey.server.http.ClientConnections;
import dev.latchkey.server.http.Form;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Operation;
import dev.latchkey.server.pages.Pages;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Optional;

/** Where the user says which of several accounts is connected, after the provider has granted access to all of them. */
final class ChoiceRoutes {
    /** The flow's state names it, as at the callback, and works in the browser that began alone. */
    static final String PATH = "/oauth/choose";

    private final Integrations integrations;
    private final AuthorizationFlows flows;
    private final AccountChoices choices;
    private final FlowEnds ends;
    private final FlowFinish finish;
    private final FlowReplies replies;
    private final FlowCookie cookie;
    private final AccountQuestion question;

    ChoiceRoutes(
            Integrations integrations,
            FlowParts flows,
            FlowFinish finish,
            FlowReplies replies,
            FlowCookie cookie,
            AccountQuestion question) {
        this.integrations = integrations;
        this.flows = flows.flows;
        this.choices = flows.choices;
        this.ends = flows.ends;
        this.finish = finish;
        this.replies = replies;
        this.cookie = cookie;
        this.question = question;
    }

    void register(HttpRules routing) {
        routing.get(PATH, this::show);
        routing.post(PATH, this::choose);
    }

    private void show(ServerRequest request, ServerResponse response) {
        if (ClientConnections.current().headOnly()) {
            FlowPages.head(response);
            return;
        }
        answer(flows.choosing(state(request), cookie.of(request)), request, response);
    }

    private void choose(ServerRequest request, ServerResponse response) {
        Form form = Form.read(request, Form.LARGEST);
        String state = state(request);
        String browser = cookie.of(request);
        boolean stops = form.first(AccountQuestion.DECISION)
                .filter(AccountQuestion.STOP::equals)
                .isPresent();
        String number = form.first(AccountQuestion.ACCOUNT).orElse("");
        AuthorizationFlows.Taken waiting = flows.choosing(state, browser);
        if (waiting instanceof AuthorizationFlows.Taken.Choosing choosing
                && !stops
                && offered(choosing.flow(), number).isEmpty()) {
            ask(request, response, choosing.flow(), true);
            return;
        }
        AuthorizationFlows.Taken taken = flows.takeChosen(state, browser);
        if (!(taken instanceof AuthorizationFlows.Taken.Flow found)) {
            answer(taken, request, response);
            return;
        }
        finish.finish(
                new FlowFinish.Returned(
                        state,
                        found.id(),
                        found.flow(),
                        List.of(),
                        stops ? "The user chose none of the accounts" : "The user chose an account"),
                request,
                response,
                (provider, integration) -> {
                    Optional<AccountChoice.Option> option = stops ? Optional.empty() : offered(found.flow(), number);
                    if (option.isEmpty()) {
                        choices.abandon(found.flow());
                        throw new FlowRefusedException(
                                "access_denied",
                                "None of the accounts at " + provider.name()
                                        + " was chosen, so nothing was connected.");
                    }
                    return choices.chosen(provider, integration, found.flow(), option.get());
                });
    }

    private static Optional<AccountChoice.Option> offered(AuthorizationFlow flow, String number) {
        return flow.choice().flatMap(choice -> choice.option(number));
    }

    private void answer(AuthorizationFlows.Taken taken, ServerRequest request, ServerResponse response) {
        switch (taken) {
            case AuthorizationFlows.Taken.Choosing choosing -> ask(request, response, choosing.flow(), false);
            case AuthorizationFlows.Taken.Late late -> late(late, request, response);
            case AuthorizationFlows.Taken.Ended ended -> replies.show(request, response, ended.result(), 400);
            case AuthorizationFlows.Taken.UnderWay _ -> FlowPages.underWay(FlowLanguage.of(request), response);
            case AuthorizationFlows.Taken.OtherBrowser _ -> replies.end(request, response, FlowReplies.OTHER_BROWSER);
            case AuthorizationFlows.Taken.Unknown _ -> replies.end(request, response, FlowReplies.UNKNOWN);
            case AuthorizationFlows.Taken.Flow _ -> replies.end(request, response, FlowReplies.UNKNOWN);
        }
    }

    private void ask(ServerRequest request, ServerResponse response, AuthorizationFlow flow, boolean wrong) {
        Optional<Integration> integration = integrations.byId(flow.environment(), flow.integration());
        if (integration.isEmpty()) {
            replies.end(request, response, FlowReplies.UNKNOWN);
            return;
        }
        flow.replyTo().webSocketId().ifPresent(_ -> Pages.ofPopup(response));
        question.ask(
                request,
                response,
                Phrases.of(FlowLanguage.of(request)),
                integration.get(),
                flow.choice().orElseThrow(),
                wrong);
    }

    private void late(AuthorizationFlows.Taken.Late late, ServerRequest request, ServerResponse response) {
        choices.abandon(late.flow());
        integrations
                .byId(late.flow().environment(), late.flow().integration())
                .ifPresent(integration -> ends.failed(
                        Operation.of(late.id(), LogEntry.Type.CONNECT, integration),
                        integration,
                        late.flow().requester(),
                        late.flow().wantedName(),
                        FlowReplies.UNKNOWN.code(),
                        "The user chose no account within ten minutes after the authorization."));
        replies.end(request, response, FlowReplies.UNKNOWN);
    }

    private static String state(ServerRequest request) {
        return request.query().first(AccountQuestion.STATE).orElse("");
    }
}
