package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Provider;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What the lab's MCP servers can do (JSON-RPC 2.0): return whose account it is. */
final class McpTools {
    private static final int METHOD_NOT_FOUND = -32601;
    private static final int INVALID_PARAMS = -32602;

    private final Provider provider;

    McpTools(Provider provider) {
        this.provider = provider;
    }

    /** @param account whose token it was */
    Answer answer(JsonNode message, Answer account) {
        if (!message.has("id")) {
            // A notification.
            return new Answer(202, Map.of(), new byte[0], "notified");
        }
        ObjectNode answer = JsonTree.NODES.objectNode().put("jsonrpc", "2.0");
        answer.set("id", message.get("id"));
        switch (message.path("method").asString("")) {
            case "initialize" -> initialize(answer.putObject("result"), message);
            case "ping" -> answer.putObject("result");
            case "tools/list" -> list(answer.putObject("result"));
            case "tools/call" -> call(answer, message, account);
            default -> error(answer, METHOD_NOT_FOUND, "The lab knows initialize, ping, tools/list and tools/call.");
        }
        return Answer.json(200, answer);
    }

    private void initialize(ObjectNode result, JsonNode message) {
        result.put("protocolVersion", message.at("/params/protocolVersion").asString("2025-06-18"));
        result.putObject("capabilities").putObject("tools");
        result.putObject("serverInfo")
                .put("name", provider.name() + " (provider lab)")
                .put("version", "1");
    }

    private static void list(ObjectNode result) {
        ObjectNode tool = result.putArray("tools").addObject();
        tool.put("name", "whoami").put("description", "Returns whose account this is.");
        tool.putObject("inputSchema").put("type", "object");
    }

    private static void call(ObjectNode answer, JsonNode message, Answer account) {
        if (!message.at("/params/name").asString("").equals("whoami")) {
            error(answer, INVALID_PARAMS, "There is one tool, whoami.");
            return;
        }
        ObjectNode result = answer.putObject("result");
        result.putArray("content")
                .addObject()
                .put("type", "text")
                .put("text", new String(account.body(), StandardCharsets.UTF_8));
        result.set("structuredContent", JsonMapper.shared().readTree(account.body()));
    }

    private static void error(ObjectNode answer, int code, String text) {
        answer.putObject("error").put("code", code).put("message", text);
    }
}
