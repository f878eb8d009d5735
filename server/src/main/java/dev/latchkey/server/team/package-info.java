/** Who runs Latchkey: members, their roles and sessions, and the audit log of what they did. */
@NullMarked
package dev.latchkey.server.team;

import org.jspecify.annotations.NullMarked;
