package dev.latchkey.server.dashboard;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.http.Form;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.team.Member;
import dev.latchkey.server.team.Role;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A request of a signed-in member.
 *
 * @param frame of the response's page, without its title
 * @param form empty for a page that is only read
 * @param once what the action that led here gave this page to show, and no later one
 */
record Visit(ServerRequest request, ServerResponse response, Frame frame, Form form, Optional<ShownOnce.Content> once) {
    Member member() {
        return frame.member();
    }

    /** The actor, whose right an operation of the domain checks. */
    Actor actor() {
        return member().actor();
    }

    /** @throws PageException outside of an environment */
    Environment environment() {
        return frame.environment().orElseThrow(() -> PageException.notFound("There is no such environment."));
    }

    UUID environmentId() {
        return environment().id();
    }

    Frame frame(String title, String section) {
        return frame.titled(title, section);
    }

    String at(String path) {
        return frame.at(path);
    }

    String path(String name) {
        return request.path().pathParameters().get(name);
    }

    /** Absent also when empty. */
    Optional<String> query(String name) {
        return request.query().first(name).asOptional().map(String::strip).filter(text -> !text.isEmpty());
    }

    /** Stripped; empty if absent. */
    String field(String name) {
        return form.first(name).orElse("").strip();
    }

    Optional<String> filled(String name) {
        return Optional.of(field(name)).filter(text -> !text.isEmpty());
    }

    List<String> fields(String name) {
        return form.all(name);
    }

    boolean checked(String name) {
        return form.contains(name);
    }

    /** htmx requests a part of a page. */
    boolean isPart() {
        return request.headers().contains(io.helidon.http.HeaderNames.create("HX-Request"));
    }

    void mustBeAllowed(Role.Permission permission) {
        if (!member().role().may(permission)) {
            throw PageException.forbidden("Your role, "
                    + member().role().title().toLowerCase(java.util.Locale.ROOT) + ", may not do this. Ask an owner.");
        }
    }
}
