package dev.latchkey.server.authorization;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.AccountChoices;
import dev.latchkey.server.connect.AuthorizationFlow;
import dev.latchkey.server.connect.AuthorizationFlows;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.FlowEnds;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connect.FlowRefusedException;
import dev.latchkey.server.connect.FlowResult;
import dev.latchkey.server.connect.InstallLinks;
import dev.latchkey.server.connect.NewConnections;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connectui.FlowCookie;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.logs.Operation;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.DatabaseFailures;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends a flow that was taken: logs it, reports it to the session, the product and the page that waits, and answers the browser. */
final class FlowFinish {
    private static final Logger LOG = LoggerFactory.getLogger(FlowFinish.class);

    private final Integrations integrations;
    private final FlowProviders providers;
    private final AuthorizationFlows flows;
    private final AccountChoices choices;
    private final ConnectSessions sessions;
    private final FlowEnds ends;
    private final Logs logs;
    private final FlowReplies replies;
    private final FlowCookie cookie;

    FlowFinish(
            Integrations integrations,
            FlowProviders providers,
            FlowParts flows,
            FlowReplies replies,
            FlowCookie cookie) {
        this.integrations = integrations;
        this.providers = providers;
        this.flows = flows.flows;
        this.choices = flows.choices;
        this.sessions = flows.sessions;
        this.ends = flows.ends;
        this.logs = flows.logs;
        this.replies = replies;
        this.cookie = cookie;
    }

    /**
     * The flow that a browser has returned with.
     *
     * @param operation that began with it
     * @param secrets of the request, which are redacted from what is logged
     * @param step for the log
     */
    record Returned(String state, UUID operation, AuthorizationFlow flow, List<Secret> secrets, String step) {}

    /** What is left to do for it. */
    @FunctionalInterface
    interface Work {
        /** @throws FlowRefusedException when the flow ends without a connection */
        NewConnections.Saved run(Provider provider, Integration integration);
    }

    /** What became of it. */
    private sealed interface Next {
        record Ended(FlowResult result) implements Next {}

        record Asks() implements Next {}
    }

    void finish(Returned returned, ServerRequest request, ServerResponse response, Work work) {
        switch (next(returned, cookie.of(request), work)) {
            case Next.Ended ended -> {
                replies.end(request, response, ended.result());
                flows.ended(returned.state(), InstallLinks.remembered(returned.flow(), ended.result()));
            }
            case Next.Asks _ ->
                replies.choose(response, returned.state(), returned.flow().replyTo());
        }
    }

    private Next next(Returned returned, String browser, Work work) {
        AuthorizationFlow flow = returned.flow();
        Optional<Integration> integration = integrations.byId(flow.environment(), flow.integration());
        Optional<Operation> operation =
                integration.map(it -> Operation.of(returned.operation(), LogEntry.Type.CONNECT, it)
                        .knowing(flow.inFlight())
                        .knowing(returned.secrets()));
        operation.ifPresent(it -> logs.record(it, LogEntry.State.DONE, returned.step()));
        Next next = operation.isPresent()
                ? logs.during(operation.get(), () -> next(returned, browser, integration, work))
                : next(returned, browser, integration, work);
        switch (next) {
            case Next.Asks _ ->
                operation.ifPresent(it -> logs.record(
                        it, LogEntry.State.DONE, "Access to several accounts was granted: the user has to choose one"));
            case Next.Ended ended -> report(ended.result(), flow, integration, operation);
        }
        return next;
    }

    private void report(
            FlowResult result,
            AuthorizationFlow flow,
            Optional<Integration> integration,
            Optional<Operation> operation) {
        if (result instanceof FlowResult.Refused refused && operation.isPresent()) {
            ends.failed(
                    operation.get(),
                    integration.orElseThrow(),
                    flow.requester(),
                    flow.wantedName(),
                    refused.code(),
                    refused.message());
        } else {
            FlowResult kept = result instanceof FlowResult.Connected connected
                            && flow.requester().challenge().isPresent()
                    ? connected.unnamed()
                    : result;
            flow.requester().session().ifPresent(session -> sessions.ended(flow.environment(), session, kept));
        }
    }

    private Next next(Returned returned, String browser, Optional<Integration> integration, Work work) {
        AuthorizationFlow flow = returned.flow();
        String key = integration.map(Integration::uniqueKey).orElse("");
        try {
            Provider provider = providers.of(integration.orElseThrow(
                    () -> new FlowRefusedException("unknown_provider_config", "The integration has been deleted.")));
            return switch (work.run(provider, integration.get())) {
                case NewConnections.Saved.Made made ->
                    new Next.Ended(connected(key, provider, made.connection(), flow));
                case NewConnections.Saved.Asks asks -> {
                    choices.ask(returned.state(), browser, flow, asks.choice());
                    yield new Next.Asks();
                }
            };
        } catch (FlowRefusedException e) {
            return refused(flow, integration, e.code(), e.text());
        } catch (RuntimeException e) {
            if (DatabaseFailures.isBusyOrAway(e)) {
                LOG.warn(
                        "The OAuth callback for integration {} could not be finished: the database is locked or unreachable.",
                        key);
                return refused(flow, integration, "server_busy", "The server is busy. Connect again in a moment.");
            }
            String id = UUID.randomUUID().toString();
            LOG.error("The OAuth callback for integration {} failed (error {}).", key, id, e);
            return refused(flow, integration, "server_error", "Internal error; the log has it as " + id + ".");
        }
    }

    private static FlowResult connected(String key, Provider provider, Connection connection, AuthorizationFlow flow) {
        return new FlowResult.Connected(
                key,
                provider.name(),
                connection.name(),
                connection.config().has(ConfigFields.PENDING),
                flow.replyTo().webSocketId(),
                flow.replyTo().returnUrl());
    }

    private Next refused(AuthorizationFlow flow, Optional<Integration> integration, String code, String message) {
        String key = integration.map(Integration::uniqueKey).orElse("");
        return new Next.Ended(new FlowResult.Refused(
                key,
                providers.name(integration, key),
                flow.wantedName(),
                code,
                message,
                flow.replyTo().webSocketId(),
                flow.replyTo().returnUrl()));
    }
}
