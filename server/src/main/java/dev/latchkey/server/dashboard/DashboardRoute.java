package dev.latchkey.server.dashboard;

import dev.latchkey.server.team.Role.Permission;

/**
 * A page or an action of the dashboard as it was registered.
 *
 * @param method GET for a page, POST for an action
 * @param reveals whether it is only for members who may see credentials in its environment
 */
public record DashboardRoute(String method, String path, Permission permission, boolean reveals) {}
