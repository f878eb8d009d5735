package dev.latchkey.server.api;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Cidr;
import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.environments.ApiKeys;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.EnvironmentKey;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.PauseJson;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.pauses.Pausable;
import dev.latchkey.server.pauses.Pauses;
import io.helidon.http.Method;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /environment/api-keys}: an environment's secret keys, and until when and from where they open it. */
public final class KeyRoutes {
    private static final String PATH = "/environment/api-keys";

    private final Environments environments;
    private final ApiKeys keys;
    private final Pauses pauses;
    private final InstantSource clock;

    public KeyRoutes(Environments environments, ApiKeys keys, Pauses pauses, InstantSource clock) {
        this.pauses = pauses;
        this.environments = environments;
        this.keys = keys;
        this.clock = clock;
    }

    public void register(Router router) {
        router.backend(Method.GET, PATH, "environment:api_keys:read", this::list);
        router.backend(Method.POST, PATH, Scopes.WRITE_KEYS, this::create);
        router.backend(Method.PATCH, PATH + "/{id}", Scopes.WRITE_KEYS, this::change);
        router.backend(Method.DELETE, PATH, Scopes.WRITE_KEYS, this::delete);
        router.backend(Method.POST, PATH + "/{id}/pause", Scopes.WRITE_KEYS, this::pause);
        router.backend(Method.POST, PATH + "/{id}/resume", Scopes.WRITE_KEYS, this::resume);
    }

    private Router.Response list(Router.Call call) {
        Query query = call.query();
        Environment environment = environment(call, query.text("environment_id"));
        query.end();
        call.actor().require(environment.id(), "environment:api_keys:read");
        ArrayNode data = Json.MAPPER.createArrayNode();
        keys.list(environment.id()).forEach(key -> data.add(json(key).put("current", isOf(key, call.actor()))));
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", data);
        return Router.Response.ok(body);
    }

    private Router.Response create(Router.Call call) {
        Query query = call.query();
        boolean dryRun = query.flag("dry_run");
        query.end();
        Body body = call.body();
        String member = body.has("display_name") ? "display_name" : "name";
        String name = body.required(member);
        if (name.length() > ApiKeys.LONGEST_NAME) {
            body.problem("too_big", "at most " + ApiKeys.LONGEST_NAME + " characters", member);
        }
        Optional<String> environment = environmentId(body);
        List<String> scopes = body.texts("scopes").orElse(List.of(Scopes.EVERYTHING));
        known(body, scopes);
        Optional<Instant> expiresAt = expiresAt(body);
        List<Cidr> allowed = allowed(body);
        if (allowed.isEmpty()
                && body.texts("allowed_addresses").filter(List::isEmpty).isPresent()) {
            body.problem("too_small", "list at least one, or omit it to allow any address", "allowed_addresses");
        }
        body.end();
        ApiKeys.Draft draft = new ApiKeys.Draft(name, scopes, expiresAt, allowed);
        if (dryRun) {
            return new Router.Response(
                    201, Optional.of(data(json(keys.rehearse(call.actor(), environment(call, environment), draft)))));
        }
        ApiKeys.Created made = keys.create(call.actor(), environment(call, environment), draft);
        ObjectNode json = json(made.key());
        json.put("secret_key", Disclosure.ofNew(made.text()));
        json.put("secret", Disclosure.ofNew(made.text()));
        return new Router.Response(201, Optional.of(data(json)));
    }

    private static void known(Body body, List<String> scopes) {
        for (int i = 0; i < scopes.size(); i++) {
            if (!Scopes.isKnown(scopes.get(i))) {
                body.problem("invalid_string", "there is no such scope", "scopes", Integer.toString(i));
            }
        }
        if (scopes.isEmpty()) {
            body.problem("too_small", "a key needs at least one scope", "scopes");
        }
    }

    private static boolean isOf(EnvironmentKey key, Actor actor) {
        return actor instanceof Actor.Key acting && acting.id().equals(key.id());
    }

    private Router.Response change(Router.Call call) {
        Query query = call.query();
        boolean dryRun = query.flag("dry_run");
        query.end();
        Body body = call.body();
        Optional<String> named = environmentId(body);
        boolean changesEnd = body.json().has("expires_at");
        boolean changesAddresses = body.json().has("allowed_addresses");
        Optional<List<String>> scopes = body.texts("scopes");
        scopes.ifPresent(given -> known(body, given));
        Optional<Instant> expiresAt = expiresAt(body.nullable("expires_at"));
        List<Cidr> allowed = allowed(body);
        body.end();
        Environment environment = environment(call, named);
        EnvironmentKey before = Ids.parse(call.path("id"))
                .flatMap(id -> keys.find(environment.id(), id))
                .orElseThrow(KeyRoutes::unknown);
        ApiKeys.Draft wanted = new ApiKeys.Draft(
                before.name(),
                scopes.orElse(before.scopes()),
                changesEnd ? expiresAt : before.expiresAt(),
                changesAddresses ? allowed : before.allowedAddresses());
        Optional<EnvironmentKey> changed = dryRun
                ? keys.rehearse(call.actor(), environment, before.id(), wanted)
                : keys.change(call.actor(), environment, before.id(), wanted);
        return Router.Response.ok(data(json(changed.orElseThrow(KeyRoutes::unknown))));
    }

    private Router.Response delete(Router.Call call) {
        Body body = call.withoutQuery().body();
        String member = body.has("key_id") ? "key_id" : "id";
        String id = body.required(member);
        if (!id.isEmpty() && Ids.parse(id).isEmpty()) {
            body.problem("invalid_format", "must be a UUID", member);
        }
        Optional<String> named = environmentId(body);
        body.end();
        Environment environment = environment(call, named);
        boolean deleted = Ids.parse(id)
                .flatMap(it -> keys.delete(call.actor(), environment, it))
                .isPresent();
        if (!deleted) {
            throw unknown();
        }
        return Router.Response.ok(Json.MAPPER.createObjectNode().put("success", true));
    }

    private Router.Response pause(Router.Call call) {
        Body body = call.withoutQuery().body();
        Optional<String> named = environmentId(body);
        String reason = PauseRoutes.reason(body);
        body.end();
        return PauseRoutes.state(Optional.of(
                pauses.pause(call.actor(), pausable(call, named), reason).orElseThrow(KeyRoutes::unknown)));
    }

    private Router.Response resume(Router.Call call) {
        Body body = call.withoutQuery().body();
        Optional<String> named = environmentId(body);
        body.end();
        pauses.resume(call.actor(), pausable(call, named));
        return PauseRoutes.state(Optional.empty());
    }

    private Pausable pausable(Router.Call call, Optional<String> named) {
        Environment environment = environment(call, named);
        return Ids.parse(call.path("id"))
                .flatMap(id -> keys.find(environment.id(), id))
                .map(key -> new Pausable.OfKey(environment.id(), key))
                .orElseThrow(KeyRoutes::unknown);
    }

    private Optional<Instant> expiresAt(Body body) {
        Optional<Instant> end = body.text("expires_at").flatMap(text -> {
            Optional<Instant> time = Moments.read(text);
            if (time.isEmpty()) {
                body.problem("invalid_format", "must be a time such as 2027-01-31T00:00:00Z", "expires_at");
            }
            return time;
        });
        if (end.filter(at -> !at.isAfter(clock.instant())).isPresent()) {
            body.problem("too_small", "must be in the future; delete the key to revoke it now", "expires_at");
        }
        return end;
    }

    private static List<Cidr> allowed(Body body) {
        List<String> texts = body.texts("allowed_addresses").orElse(List.of());
        List<Cidr> allowed = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            Optional<Cidr> range = Cidr.parse(texts.get(i));
            range.ifPresent(allowed::add);
            if (range.isEmpty()) {
                body.problem(
                        "invalid_format",
                        "must be an address, or a range without host bits, such as 203.0.113.0/24 or 2001:db8::/32",
                        "allowed_addresses",
                        Integer.toString(i));
            }
        }
        if (texts.size() > ApiKeys.MOST_ADDRESSES) {
            body.problem("too_big", "at most " + ApiKeys.MOST_ADDRESSES, "allowed_addresses");
        }
        return allowed;
    }

    private static Optional<String> environmentId(Body body) {
        Optional<String> id = body.text("environment_id");
        if (id.filter(text -> Ids.parse(text).isEmpty()).isPresent()) {
            body.problem("invalid_format", "must be a UUID", "environment_id");
        }
        return id;
    }

    /** The environment of the keys: an account key may name one, other keys have only their own. */
    private Environment environment(Router.Call call, Optional<String> named) {
        if (named.isEmpty()) {
            return call.environment();
        }
        if (!call.actor().ofAccount()
                && !named.get().equals(call.environmentId().toString())) {
            throw ApiError.of(403, "forbidden", "Only a key with the scope account:* may name another environment.");
        }
        return named.flatMap(Ids::parse)
                .flatMap(environments::byId)
                .orElseThrow(() -> ApiError.notFound("There is no environment with this environment_id."));
    }

    private static ApiError unknown() {
        return ApiError.notFound("There is no key with this id in this environment.");
    }

    private static ObjectNode json(EnvironmentKey key) {
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("id", key.id().toString())
                .put("name", key.name())
                .put("display_name", key.name())
                .put("created_at", Times.text(key.createdAt()))
                .put("expires_at", key.expiresAt().map(Times::text).orElse(null))
                .put(
                        "last_used_at",
                        key.lastUse().map(use -> Times.text(use.at())).orElse(null))
                .put(
                        "last_used_from",
                        key.lastUse().map(EnvironmentKey.Use::from).orElse(null));
        json.set("scopes", Json.MAPPER.valueToTree(key.scopes()));
        json.set(
                "allowed_addresses",
                Json.MAPPER.valueToTree(
                        key.allowedAddresses().stream().map(Cidr::toString).toList()));
        json.set("paused", PauseJson.of(key.pause()));
        return json;
    }

    private static ObjectNode data(ObjectNode json) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", json);
        return body;
    }
}
