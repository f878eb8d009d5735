package dev.latchkey.server.dashboard;

import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.team.Member;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Optional;

/**
 * The environment in the navigation of a page. Pages of the whole account keep that of the page that linked to them, or the one that the
 * browser saw last: a member who works in one environment must not end up in another without having chosen it.
 */
final class ShownEnvironments {
    /** The parameter of an account's page. */
    static final String PARAMETER = "in";

    private final Environments environments;
    private final DashboardCookies cookies;

    ShownEnvironments(Environments environments, DashboardCookies cookies) {
        this.environments = environments;
        this.cookies = cookies;
    }

    /** Those that the member sees. */
    List<Environment> all(Member member) {
        return environments.list().stream().filter(one -> member.sees(one.id())).toList();
    }

    /** Empty for an environment that does not exist, or not for this member; and for members who see none. */
    Optional<Environment> of(ServerRequest request, Member member) {
        if (request.path().pathParameters().contains("env")) {
            return named(request.path().pathParameters().get("env"), member);
        }
        return request.query()
                .first(PARAMETER)
                .asOptional()
                .flatMap(name -> named(name, member))
                .or(() -> DashboardCookies.environment(request).flatMap(name -> named(name, member)))
                .or(() -> all(member).stream().findFirst());
    }

    private Optional<Environment> named(String name, Member member) {
        return environments.byName(name).filter(one -> member.sees(one.id()));
    }

    /** For the pages that follow. */
    void keep(ServerRequest request, ServerResponse response, Optional<Environment> current) {
        current.map(Environment::name)
                .filter(name -> DashboardCookies.environment(request)
                        .filter(name::equals)
                        .isEmpty())
                .ifPresent(name -> cookies.keepEnvironment(response, name));
    }
}
