package dev.latchkey.server.http;

import io.helidon.webserver.http.HttpRouting;

/** The routes of one port, behind the rules and limits that every request passes. */
public record Entrance(HttpRouting.Builder routing, Doors doors, Callers callers, Router router) {}
