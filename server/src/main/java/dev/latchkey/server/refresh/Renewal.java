package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.kinds.AppInstallationKind;
import dev.latchkey.server.kinds.Kinds;
import dev.latchkey.server.mcp.McpException;
import dev.latchkey.server.mcp.McpServers;
import dev.latchkey.server.monitoring.Metrics;
import dev.latchkey.server.tokens.AfterGrant;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.TokenEndpoint;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Requests a new credential: the refresh token grant (RFC 6749 section 6), or the first grant again. */
public final class Renewal {
    private final TokenEndpoint tokens;
    private final AfterGrant afterGrant;
    private final Minting minting;
    private final McpServers mcp;
    private volatile Optional<Metrics> metrics = Optional.empty();
    private final InstantSource clock;

    public Renewal(TokenEndpoint tokens, AfterGrant afterGrant, Minting minting, McpServers mcp, InstantSource clock) {
        this.tokens = tokens;
        this.afterGrant = afterGrant;
        this.minting = minting;
        this.mcp = mcp;
        this.clock = clock;
    }

    /** Times requests from now on. */
    public void measure(Metrics metrics) {
        this.metrics = Optional.of(metrics);
    }

    /** @param took from the last byte of the vendor's response until it was on the disk */
    void kept(Duration took) {
        metrics.ifPresent(it -> it.journaled(took));
    }

    TokenAnswer ask(Auth auth, Integration integration, Connection connection, Progress progress) {
        long start = System.nanoTime();
        TokenAnswer answer = answer(auth, integration, connection, progress);
        metrics.ifPresent(it -> it.refreshed(
                connection.provider(),
                switch (answer) {
                    case TokenAnswer.Granted granted -> "fresh";
                    case TokenAnswer.Rejected rejected -> "rejected";
                    case TokenAnswer.Misconfigured wrong -> "misconfigured";
                    case TokenAnswer.Unavailable away -> "unavailable";
                },
                Duration.ofNanos(System.nanoTime() - start)));
        return answer;
    }

    private TokenAnswer answer(Auth auth, Integration integration, Connection connection, Progress progress) {
        ValuesOf values = new ValuesOf(
                integration, connection.config(), connection.secrets(), Optional.of(connection.credentials()));
        return switch (auth) {
            case Auth.OAuth2Code code
            when connection.credentials() instanceof Credentials.OAuth2 current ->
                refresh(code, current, values, progress);
            case Auth.Mcp it
            when connection.credentials() instanceof Credentials.OAuth2 current ->
                discovered(it, current, values, progress);
            case Auth.Exchange exchange
            when connection.credentials() instanceof Credentials.Exchanged current ->
                minting.again(exchange, current, values);
            case Auth.AppInstallation app
            when connection.credentials() instanceof Credentials.Installation current ->
                installation(app, current, values, progress);
            default -> minting.mint(auth, values);
        };
    }

    private TokenAnswer discovered(Auth.Mcp server, Credentials.OAuth2 current, ValuesOf values, Progress progress) {
        try {
            return refresh(mcp.again(server, values), current, values, progress);
        } catch (McpException e) {
            String reason = String.valueOf(e.getMessage());
            return e.isPassing()
                    ? new TokenAnswer.Unavailable(reason, Optional.empty())
                    : new TokenAnswer.Misconfigured("mcp_discovery_failed", reason);
        }
    }

    private TokenAnswer refresh(Auth.OAuth2Code code, Credentials.OAuth2 current, ValuesOf values, Progress progress) {
        Map<String, String> parameters = new LinkedHashMap<>();
        boolean ownGrant = code.grant() == Auth.Grant.CLIENT_CREDENTIALS;
        if (ownGrant) {
            parameters.putAll(AfterGrant.clientCredentials(code, values));
        } else {
            current.refreshToken().ifPresent(token -> {
                parameters.put("grant_type", "refresh_token");
                parameters.put("refresh_token", token.reveal());
            });
        }
        Optional<Call> exchange = RefreshSchedule.isObsolete(code, current) ? code.exchangeStored() : Optional.empty();
        Call call =
                exchange.or(code::refresh).orElseGet(() -> ownGrant ? code.exchange() : AfterGrant.refreshCall(code));
        TokenAnswer answer = tokens.ask(
                call,
                code.atRefresh(),
                parameters,
                values,
                new TokenEndpoint.Reading(code.token(), code.okWhen(), code.learn(), progress::received));
        return switch (answer) {
            case TokenAnswer.Granted granted -> afterGrant.refreshed(code, granted, values, current, progress::part);
            // The stored token may still work: a failed exchange is no reason to prompt its user.
            case TokenAnswer.Rejected it
            when exchange.isPresent() ->
                new TokenAnswer.Unavailable(
                        "the stored token was not exchanged: " + it.error() + " " + it.description(), Optional.empty());
            case TokenAnswer.Rejected it -> it;
            case TokenAnswer.Misconfigured it -> it;
            case TokenAnswer.Unavailable it -> it;
        };
    }

    /** The user's token is refreshed along with the installation's when it is due; its result does not delay the other. */
    private TokenAnswer installation(
            Auth.AppInstallation app, Credentials.Installation current, ValuesOf values, Progress progress) {
        TokenAnswer answer = minting.mint(app, values);
        if (!(answer instanceof TokenAnswer.Granted granted)
                || current.user().isEmpty()
                || app.user().isEmpty()) {
            return answer;
        }
        Credentials.OAuth2 user = current.user().get();
        Duration buffer = app.user().get().expiry().buffer();
        boolean due = user.refreshToken().isPresent()
                && user.expiresAt()
                        .filter(end -> end.minus(buffer).isBefore(clock.instant()))
                        .isPresent();
        if (!due) {
            return answer;
        }
        Progress ofUser = new Progress(part -> progress.part(withUser(granted, user, part)));
        return switch (refresh(app.user().get(), user, values.with(user), ofUser)) {
            case TokenAnswer.Granted renewed -> {
                progress.received(ofUser.receivedAt());
                yield withUser(granted, user, renewed);
            }
            // Without its refresh token it is not requested again; the user can authorize again.
            case TokenAnswer.Rejected rejected -> {
                ObjectNode raw = granted.raw().json().deepCopy();
                raw.putObject(AppInstallationKind.USER);
                yield with(granted, raw);
            }
            case TokenAnswer.Misconfigured wrong -> granted;
            case TokenAnswer.Unavailable away -> granted;
        };
    }

    private static TokenAnswer.Granted withUser(
            TokenAnswer.Granted granted, Credentials.OAuth2 user, TokenAnswer.Granted renewed) {
        ObjectNode raw = granted.raw().json().deepCopy();
        ObjectNode token = raw.putObject(AppInstallationKind.USER);
        token.put("access_token", renewed.accessToken().reveal());
        renewed.refreshToken().or(user::refreshToken).ifPresent(it -> token.put("refresh_token", it.reveal()));
        renewed.expiresAt().ifPresent(at -> token.put("expires_at", at.toString()));
        token.set("raw", renewed.raw().json());
        return with(granted, raw);
    }

    private static TokenAnswer.Granted with(TokenAnswer.Granted granted, ObjectNode raw) {
        return new TokenAnswer.Granted(
                granted.accessToken(),
                granted.refreshToken(),
                granted.expiresAt(),
                granted.scope(),
                new Credentials.Raw(raw),
                granted.learned());
    }

    /** The connection's new credentials: a missing refresh token keeps the old one. */
    Credentials merge(Auth auth, Credentials current, TokenAnswer.Granted granted) {
        return Kinds.of(auth).renewed(current, granted, clock.instant());
    }
}
