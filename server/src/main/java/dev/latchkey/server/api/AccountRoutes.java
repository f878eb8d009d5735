package dev.latchkey.server.api;

import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.team.Invitations;
import dev.latchkey.server.team.Member;
import dev.latchkey.server.team.Members;
import dev.latchkey.server.team.Role;
import io.helidon.http.Method;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The installation's resources (environments, members), for a key with {@code account:*}. */
public final class AccountRoutes {
    private final Environments environments;
    private final Members members;
    private final Invitations invitations;
    private final URI publicUrl;

    public AccountRoutes(Environments environments, Members members, Invitations invitations, URI publicUrl) {
        this.environments = environments;
        this.members = members;
        this.invitations = invitations;
        this.publicUrl = publicUrl;
    }

    public void register(Router router) {
        router.backend(Method.GET, "/environments", Scopes.ACCOUNT, this::listEnvironments);
        router.backend(Method.POST, "/environments", Scopes.ACCOUNT, this::createEnvironment);
        router.backend(Method.DELETE, "/environments/{id}", Scopes.ACCOUNT, this::deleteEnvironment);
        router.backend(Method.GET, "/team", Scopes.ACCOUNT, this::listMembers);
        router.backend(Method.POST, "/team", Scopes.ACCOUNT, this::invite);
        router.backend(Method.PATCH, "/team/{id}", Scopes.ACCOUNT, this::changeMember);
        router.backend(Method.DELETE, "/team/{id}", Scopes.ACCOUNT, this::removeMember);
        router.backend(Method.POST, "/team/{id}/invitation-link", Scopes.ACCOUNT, this::invitationLink);
    }

    private Router.Response listEnvironments(Router.Call call) {
        call.withoutQuery();
        ArrayNode data = Json.MAPPER.createArrayNode();
        environments.list().forEach(one -> data.add(json(one)));
        return data(data);
    }

    private Router.Response createEnvironment(Router.Call call) {
        Body body = call.withoutQuery().body();
        String name = body.required("name");
        if (!name.isEmpty() && !Environments.isName(name)) {
            body.problem(
                    "invalid_format",
                    "small letters, digits, - and _, up to 40; some words are taken by pages",
                    "name");
        }
        Optional<Boolean> production = body.flag("is_production");
        Optional<String> callback = body.text("callback_url");
        callback.filter(url -> !Environment.isWebAddress(url))
                .ifPresent(wrong -> body.problem("invalid_format", Environment.NO_ADDRESS, "callback_url"));
        body.end();
        if (name.equals(Environments.PRODUCTION) && !production.orElse(true)) {
            throw ApiError.of(400, "invalid_is_prod_flag", "The environment 'prod' is always one of production.");
        }
        Environments.Made made = environments
                .create(call.actor(), name, callback)
                .orElseThrow(() -> ApiError.of(409, "conflict", "An environment with this name exists already."));
        ObjectNode json = json(made.environment());
        json.put("secret_key", Disclosure.ofNew(made.firstKey()));
        ObjectNode wrapped = Json.MAPPER.createObjectNode();
        wrapped.set("data", json);
        return Router.Response.created(wrapped);
    }

    private Router.Response deleteEnvironment(Router.Call call) {
        call.withoutQuery();
        UUID id = Ids.parse(call.path("id"))
                .orElseThrow(() -> ApiError.invalid(
                        "invalid_uri_params",
                        List.of(new ApiError.Detail("invalid_format", "must be a UUID", List.of("id")))));
        Optional<Environment> environment = environments.byId(id);
        if (environment.isEmpty()) {
            throw ApiError.notFound("There is no environment with this id.");
        }
        if (environment.get().name().equals(Environments.PRODUCTION)) {
            throw ApiError.of(
                    400,
                    "cannot_delete_prod_environment",
                    "The environment 'prod' is not deleted by a key; an owner can delete it in the dashboard.");
        }
        if (!environments.delete(call.actor(), environment.get())) {
            throw ApiError.of(400, "last_environment", "The last environment cannot be deleted.");
        }
        return new Router.Response(204, Optional.empty());
    }

    private Router.Response listMembers(Router.Call call) {
        call.withoutQuery();
        ArrayNode data = Json.MAPPER.createArrayNode();
        members.list().forEach(member -> data.add(json(member)));
        return data(data);
    }

    private Router.Response invite(Router.Call call) {
        Body body = call.withoutQuery().body();
        String email = body.required("email");
        Role role = role(body).orElse(Role.SUPPORT);
        Map<UUID, Boolean> rights = rights(body).orElse(Map.of());
        body.end();
        Member member = done(members.invite(call.actor(), email, role, rights));
        ObjectNode json = json(member);
        json.put("invitation_link", link(call, member));
        ObjectNode wrapped = Json.MAPPER.createObjectNode();
        wrapped.set("data", json);
        return Router.Response.created(wrapped);
    }

    /** A new link for a member who lost theirs, or their password. */
    private Router.Response invitationLink(Router.Call call) {
        call.withoutQuery();
        call.discardBody();
        Member member = member(call);
        ObjectNode wrapped = Json.MAPPER.createObjectNode();
        wrapped.putObject("data").put("invitation_link", link(call, member));
        return Router.Response.created(wrapped);
    }

    private String link(Router.Call call, Member member) {
        return publicUrl + "/dashboard/join#" + Disclosure.ofNew(invitations.link(call.actor(), member));
    }

    private Router.Response changeMember(Router.Call call) {
        Body body = call.withoutQuery().body();
        Optional<Role> role = role(body);
        Optional<Map<UUID, Boolean>> rights = rights(body);
        body.end();
        Member before = member(call);
        Member changed = done(members.change(
                call.actor(), before.id(), role.orElse(before.role()), rights.orElse(before.environments())));
        ObjectNode wrapped = Json.MAPPER.createObjectNode();
        wrapped.set("data", json(changed));
        return Router.Response.ok(wrapped);
    }

    private Router.Response removeMember(Router.Call call) {
        call.withoutQuery();
        Member member = member(call);
        done(members.remove(call.actor(), member.id()));
        return new Router.Response(204, Optional.empty());
    }

    private static Optional<Role> role(Body body) {
        return body.text("role").flatMap(text -> {
            Optional<Role> role = Role.of(text);
            if (role.isEmpty()) {
                body.problem("invalid_string", "must be owner, developer or support", "role");
            }
            return role;
        });
    }

    /** {@code {"environments": {"dev": {"reveal": true}}}}: the named ones are visible. */
    private Optional<Map<UUID, Boolean>> rights(Body body) {
        return body.child("environments").map(named -> {
            Map<UUID, Boolean> rights = new HashMap<>();
            named.json().properties().forEach(entry -> {
                Optional<Environment> environment = environments.byName(entry.getKey());
                Optional<Boolean> reveal = named.child(entry.getKey()).flatMap(one -> one.flag("reveal"));
                if (environment.isEmpty()) {
                    named.problem("invalid_string", "there is no such environment", entry.getKey());
                } else {
                    rights.put(environment.get().id(), reveal.orElse(false));
                }
            });
            return rights;
        });
    }

    private Member member(Router.Call call) {
        return Ids.parse(call.path("id"))
                .flatMap(members::byId)
                .orElseThrow(() -> ApiError.notFound("There is no member with this id."));
    }

    private static Member done(Members.Change change) {
        return switch (change) {
            case Members.Change.Done done -> done.member();
            case Members.Change.Refused refused -> throw ApiError.of(400, "invalid_body", refused.reason());
        };
    }

    private static ObjectNode json(Environment environment) {
        return Json.MAPPER
                .createObjectNode()
                .put("id", environment.id().toString())
                .put("name", environment.name());
    }

    private ObjectNode json(Member member) {
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("id", member.id().toString())
                .put("email", member.email())
                .put("role", member.role().text())
                .put("joined", member.hasJoined());
        ObjectNode rights = json.putObject("environments");
        member.environments()
                .forEach((id, reveal) -> environments
                        .byId(id)
                        .ifPresent(environment ->
                                rights.putObject(environment.name()).put("reveal", reveal)));
        return json;
    }

    private static Router.Response data(ArrayNode data) {
        ObjectNode wrapped = Json.MAPPER.createObjectNode();
        wrapped.set("data", data);
        return Router.Response.ok(wrapped);
    }
}
