/** The operators: members, their roles and sessions, and the audit log of their actions. */
@NullMarked
package dev.latchkey.server.team;

import org.jspecify.annotations.NullMarked;
