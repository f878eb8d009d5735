package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Pick;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.lab.SentValues.Result;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Exchanges secrets for a token, step by step: each response contains what the next step must send. */
final class ExchangeVendor implements Playing {
    private static final Pattern STEP = Pattern.compile("\\$\\{step\\.([A-Za-z0-9_-]+)\\.([A-Za-z0-9_.\\[\\]-]+)}");

    private final Stage stage;
    private final ExchangePart part;
    private final Grants grants;
    private final SentValues sent;
    private final SampleValues samples;

    ExchangeVendor(Stage stage, ExchangePart part) {
        this.stage = stage;
        this.part = part;
        this.grants = stage.grants;
        this.sent = stage.sent;
        this.samples = new SampleValues(stage.provider);
    }

    @Override
    public void routes(Routes routes) {
        part.auth()
                .steps()
                .forEach(step -> routes.tokenCall(step.call(), (captured, request) -> step(step, captured, request)));
        part.auth()
                .refresh()
                .ifPresent(call -> routes.tokenCall(call, (captured, request) -> refresh(call, captured, request)));
    }

    @Override
    public Optional<Caller> caller(LabRequest request, Map<String, String> captured) {
        return stage.credentials.holder(request, captured);
    }

    /** A template with the values of the previous steps' responses, where a URL needs them. */
    static String withAnswers(String source) {
        return STEP.matcher(source).replaceAll(match -> {
            boolean address =
                    match.start() == 0 || source.substring(0, match.start()).endsWith(" ");
            return java.util.regex.Matcher.quoteReplacement(answered(match.group(1), match.group(2), address));
        });
    }

    private static String answered(String step, String path, boolean address) {
        return address ? "https://steps.lab.example/" + step + "/" + path : "lab-" + step + "-" + path;
    }

    private Answer step(Auth.Step step, Map<String, String> captured, LabRequest request) {
        Optional<String> problem = problem(step.call(), captured, request);
        if (problem.isPresent()) {
            return refusal(step.call(), problem.get());
        }
        boolean last = part.auth().steps().getLast().equals(step);
        return last ? tokens(step, request) : answer(step, new JsonTree());
    }

    private Answer refresh(Call call, Map<String, String> captured, LabRequest request) {
        return switch (sent.of(call, captured, request)) {
            case Result.Wrong wrong -> Answer.error(400, "invalid_request", wrong.what());
            case Result.Values values -> {
                Optional<String> refreshToken = values.get("token.refresh");
                Grants.Outcome outcome = refreshToken.isPresent()
                        ? grants.refresh(refreshToken.get())
                        : grants.swap(values.get("token.access").orElse(""));
                yield switch (outcome) {
                    case Grants.Outcome.Refused refused -> Answer.error(401, "invalid_grant", refused.why());
                    case Grants.Outcome.Granted granted -> {
                        JsonTree tree = new JsonTree();
                        issued(tree, part.auth().token(), granted.issued());
                        yield Answer.json(200, tree.root(), "tokens issued");
                    }
                };
            }
        };
    }

    private Answer refusal(Call call, String problem) {
        if (call.okWhen().flatMap(Call.OkWhen::json).isPresent()) {
            JsonTree tree = new JsonTree();
            Call.OkWhen rule = call.okWhen().get();
            rule.is().ifPresent(is -> tree.put(rule.json().orElseThrow(), JsonTree.NODES.stringNode("not " + is)));
            tree.put(rule.error().orElse(JsonPath.parse("error")), JsonTree.NODES.stringNode("invalid_credentials"));
            tree.put(List.of("message"), JsonTree.NODES.stringNode(problem));
            return Answer.json(200, tree.root(), "invalid_credentials");
        }
        return Answer.json(
                401,
                JsonTree.NODES.objectNode().put("error", "invalid_credentials").put("message", problem),
                "invalid_credentials");
    }

    /** What is wrong with the request; empty when it is valid. */
    private Optional<String> problem(Call call, Map<String, String> captured, LabRequest request) {
        Map<String, String> values = new LinkedHashMap<>(captured);
        switch (sent.of(call, captured, request)) {
            case Result.Wrong wrong -> {
                return Optional.of(wrong.what());
            }
            case Result.Values found -> values.putAll(found.byReference());
        }
        Optional<Text> text = switch (call.body()) {
            case Body.Xml xml -> Optional.of(xml.text());
            case Body.Plain plain -> Optional.of(plain.text());
            default -> Optional.empty();
        };
        if (text.isPresent()) {
            Optional<Map<String, String>> found = text.get().alternatives().stream()
                    .map(template -> TemplatePattern.text(template, stage.app)
                            .match(new String(request.body(), StandardCharsets.UTF_8)))
                    .flatMap(Optional::stream)
                    .findFirst();
            if (found.isEmpty()) {
                return Optional.of("the body is not as defined");
            }
            values.putAll(found.get());
        }
        if (request.basic()
                .filter(pair -> !SampleValues.accepts(pair.user() + pair.password()))
                .isPresent()) {
            return Optional.of("the user name or the password is wrong");
        }
        return values.entrySet().stream()
                .flatMap(value -> problem(value.getKey(), value.getValue()).stream())
                .findFirst();
    }

    private Optional<String> problem(String reference, String value) {
        if (reference.startsWith("secret.") || reference.startsWith("once.")) {
            return SampleValues.accepts(value) ? Optional.empty() : Optional.of("the credential is wrong");
        }
        if (reference.startsWith("step.")) {
            String[] parts = reference.split("\\.", 3);
            boolean given = value.equals(answered(parts[1], parts[2], true))
                    || value.equals(answered(parts[1], parts[2], false));
            return given ? Optional.empty() : Optional.of("this is not what the previous step returned");
        }
        return reference.equals("assertion") ? assertion(value) : Optional.empty();
    }

    private Optional<String> assertion(String value) {
        Auth.Assertion assertion = part.auth().assertion().orElseThrow();
        Map<String, String> claims = new LinkedHashMap<>();
        assertion.claims().forEach((name, text) -> Endpoints.constant(text).ifPresent(it -> claims.put(name, it)));
        var key = LabKeys.of(stage.provider.id(), "account", assertion.algorithm())
                .getPublic();
        return switch (assertion.type()) {
            case JWT ->
                JwtCheck.problem(
                        value, assertion.algorithm(), key, claims, assertion.lifetime(), stage.clock.instant());
            case SAML -> SamlCheck.problem(value, key, claims, stage.clock.instant());
        };
    }

    private Answer tokens(Auth.Step step, LabRequest request) {
        Grants.Outcome outcome = grants.mint(
                TestUser.first(), "", request.host(), part.auth().refresh().isPresent());
        if (!(outcome instanceof Grants.Outcome.Granted granted)) {
            throw new IllegalStateException("what is minted is granted");
        }
        JsonTree tree = new JsonTree();
        part.auth().learn().forEach((name, path) -> {
            if (part.auth().steps().stream().noneMatch(one -> one.pick().containsKey(path.text()))) {
                tree.put(path, samples.of(name, TestUser.first(), request.host()));
            }
        });
        issued(tree, part.auth().token(), granted.issued());
        Answer answer = answer(step, tree);
        // A token that is picked from a header or a cookie is sent there, and not in the body.
        for (JsonPath path : part.auth().token().access()) {
            Pick pick = step.pick().get(path.text());
            if (pick instanceof Pick.Filled filled) {
                answer = at(answer, filled.template(), granted.issued().accessToken());
            }
        }
        return answer;
    }

    private void issued(JsonTree tree, TokenShape shape, Grants.Issued issued) {
        List<String> root = shape.root().map(JsonPath::steps).orElse(List.of());
        put(tree, root, shape.access(), JsonTree.NODES.stringNode(issued.accessToken()));
        issued.refreshToken().ifPresent(token -> put(tree, root, shape.refresh(), JsonTree.NODES.stringNode(token)));
        if (!shape.access().getFirst().steps().isEmpty()
                && shape.lifetime().ttl().isEmpty()) {
            long lifetime = Grants.ACCESS_LIFETIME.dividedBy(shape.lifetime().unit());
            if (shape.lifetime().expiresAt().equals(TokenShape.Lifetime.STANDARD.expiresAt())) {
                put(tree, root, shape.lifetime().expiresIn(), JsonTree.NODES.numberNode(lifetime));
            } else {
                put(
                        tree,
                        root,
                        shape.lifetime().expiresAt(),
                        JsonTree.NODES.stringNode(issued.expiresAt().toString()));
            }
        }
    }

    private static void put(JsonTree tree, List<String> root, List<JsonPath> paths, JsonNode value) {
        if (!paths.isEmpty()) {
            List<String> steps = new ArrayList<>(root);
            steps.addAll(paths.getFirst().steps());
            tree.put(steps, value);
        }
    }

    /** The values that later steps, and this step's own picks, look for. */
    private Answer answer(Auth.Step step, JsonTree tree) {
        templates().forEach(source -> {
            var matcher = STEP.matcher(source);
            while (matcher.find()) {
                boolean address = matcher.start() == 0
                        || source.substring(0, matcher.start()).endsWith(" ");
                if (matcher.group(1).equals(step.id()) && !step.pick().containsKey(matcher.group(2))) {
                    tree.put(
                            JsonPath.parse(matcher.group(2)),
                            JsonTree.NODES.stringNode(answered(step.id(), matcher.group(2), address)));
                }
            }
        });
        step.call().okWhen().ifPresent(rule -> TokenAnswer.succeed(tree, rule));
        step.pick().forEach((name, pick) -> {
            if (pick instanceof Pick.At at && at.path().in(tree.root()).isEmpty()) {
                tree.put(at.path(), JsonTree.NODES.stringNode(answered(step.id(), name, false)));
            }
        });
        int status = step.call()
                .okWhen()
                .map(Call.OkWhen::statuses)
                .filter(statuses -> !statuses.isEmpty())
                .map(List::getFirst)
                .orElse(200);
        Answer answer =
                step.call().body() instanceof Body.Xml ? xml(status, tree.root()) : Answer.json(status, tree.root());
        for (Map.Entry<String, Pick> pick : step.pick().entrySet()) {
            if (pick.getValue() instanceof Pick.Filled filled) {
                answer = at(answer, filled.template(), answered(step.id(), pick.getKey(), false));
            }
        }
        return answer;
    }

    private static Answer at(Answer answer, Template template, String value) {
        Answer with = answer;
        for (Template.Reference reference : template.references()) {
            String name = String.join(".", reference.path());
            if (reference.root().equals("header")) {
                with = with.with(name, value);
            } else if (reference.root().equals("cookie")) {
                String others = Stream.of(Optional.ofNullable(with.headers().get("set-cookie"))
                                .orElse(""))
                        .flatMap(String::lines)
                        .filter(line -> !line.startsWith(name + "="))
                        .reduce("", (all, line) -> all + line + "\n");
                with = with.with("set-cookie", others + name + "=" + value + "; Path=/; HttpOnly");
            }
        }
        return with;
    }

    private static Answer xml(int status, JsonNode root) {
        StringBuilder text = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        root.properties().forEach(member -> write(text, member.getKey(), member.getValue()));
        return new Answer(
                status,
                Map.of("content-type", "text/xml; charset=utf-8", "cache-control", "no-store"),
                text.toString().getBytes(StandardCharsets.UTF_8),
                "ok");
    }

    private static void write(StringBuilder text, String name, JsonNode value) {
        StringBuilder attributes = new StringBuilder();
        StringBuilder content = new StringBuilder();
        if (value instanceof ObjectNode object) {
            object.properties().forEach(member -> {
                if (member.getKey().startsWith("$")) {
                    attributes
                            .append(' ')
                            .append(member.getKey().substring(1))
                            .append("=\"")
                            .append(Page.escape(member.getValue().asString()))
                            .append('"');
                } else {
                    write(content, member.getKey(), member.getValue());
                }
            });
        } else {
            content.append(Page.escape(value.asString()));
        }
        text.append('<')
                .append(name)
                .append(attributes)
                .append('>')
                .append(content)
                .append("</")
                .append(name)
                .append('>');
    }

    private Stream<String> templates() {
        return part.auth().steps().stream()
                .map(Auth.Step::call)
                .flatMap(call -> Stream.concat(
                        call.url().alternatives().stream(),
                        Stream.of(call.query(), call.headers(), members(call.body()))
                                .flatMap(texts -> texts.values().stream())
                                .flatMap(one -> one.alternatives().stream())))
                .map(Template::source);
    }

    private static Map<String, Text> members(Body body) {
        return switch (body) {
            case Body.Xml xml -> Map.of("", xml.text());
            case Body.Plain plain -> Map.of("", plain.text());
            default -> Endpoints.members(body);
        };
    }
}
