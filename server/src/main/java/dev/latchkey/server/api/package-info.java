/** Routes, requests and answers, error mapping. Thin. */
@NullMarked
package dev.latchkey.server.api;

import org.jspecify.annotations.NullMarked;
