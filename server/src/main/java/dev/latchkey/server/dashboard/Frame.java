package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.team.Member;
import dev.latchkey.server.team.Role;
import java.util.List;
import java.util.Optional;

/**
 * What surrounds every page of the dashboard.
 *
 * @param section of the navigation that is current
 * @param environments that the member sees
 * @param formToken carried by every form
 * @param theme light, dark or empty: the system's
 * @param notice about the last action; bad notices begin with an exclamation mark
 */
public record Frame(
        String title,
        String section,
        Member member,
        Optional<Environment> environment,
        List<Environment> environments,
        String formToken,
        String theme,
        Optional<String> notice,
        boolean lab) {

    /** The address of a page of the current environment. @param path with a slash at its beginning, or empty */
    public String at(String path) {
        return Links.at(environment
                .map(it -> "/dashboard/" + PercentEncoding.encode(it.name()) + path)
                .orElse("/dashboard"));
    }

    /** The address of a page of the whole account, which keeps the current environment in its navigation. */
    public String shared(String path) {
        return Links.at(path)
                + environment
                        .map(it -> "?" + ShownEnvironments.PARAMETER + "=" + PercentEncoding.encode(it.name()))
                        .orElse("");
    }

    /** Of the current environment; empty outside of one. */
    public String environmentId() {
        return environment.map(it -> it.id().toString()).orElse("");
    }

    public boolean may(Role.Permission permission) {
        return member.role().may(permission);
    }

    public boolean mayChange() {
        return may(Role.Permission.CHANGE);
    }

    public boolean mayHelp() {
        return may(Role.Permission.HELP);
    }

    public boolean mayAdminister() {
        return may(Role.Permission.ADMINISTER);
    }

    /** The same around another page. */
    Frame titled(String other, String current) {
        return new Frame(other, current, member, environment, environments, formToken, theme, notice, lab);
    }
}
