/** What was done, by whom: a log that only grows, and that shows when somebody changed it in the database. */
@NullMarked
package dev.latchkey.server.audit;

import org.jspecify.annotations.NullMarked;
