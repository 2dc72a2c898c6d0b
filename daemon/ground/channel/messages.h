/* Every message between the programs: who sends it, what its body holds.
 *
 * "JSON" bodies are one object; they may come as a sealed memfd with an empty body instead
 * (channel_send_text, messages_json). Others are wire values in the order given. */
#ifndef CHANNEL_MESSAGES_H
#define CHANNEL_MESSAGES_H

#include "ground/channel/frame.h"

#include <jansson.h>

enum message_type {
    /* Parent and every child. */
    MESSAGE_READY = 1, /* child: JSON {} - it serves now */
    MESSAGE_ALIVE,     /* child, each second: no body */
    MESSAGE_STOP,      /* parent: no body - finish, then exit 0 */
    MESSAGE_STATUS,    /* child: JSON {text} - one line for `systemctl status` */
    MESSAGE_FAULT,     /* child in check mode: JSON {setting, column, sentence, warning} */
    MESSAGE_CHECKED,   /* child in check mode, last: JSON {faults} - how many were not warnings; a
                          collector adds its attributes: {plugin: see MESSAGE_TABLES} */
    MESSAGE_PREPARE,   /* parent: JSON - the role's part of the new configuration */
    MESSAGE_PREPARED,  /* child: JSON {ok, sentence} */
    MESSAGE_COMMIT,    /* parent: no body - the prepared one is in force */
    MESSAGE_ABANDON,   /* parent: no body - forget the prepared one */
    MESSAGE_REPLACE, /* collector: no body - what it declared has been replaced or has come, out of
                        reach of its sandbox: end it in order, for a new process to be started */

    /* Parent and engine. */
    MESSAGE_CONNECT = 20, /* parent, with fd: JSON {role: collector|front|courier, instance, pid} -
                             the other end of a new channel; to the front {role: engine|reader} */
    MESSAGE_START, /* engine: JSON {instance, run, deadline_ms, selftest} - start a collector's
                      process (instance; selftest: for that and no run), or the courier (instance
                      "courier", run 0); front: {instance: "reader"} */
    MESSAGE_ENDED, /* parent: JSON {role, instance, run, code, signal, cpu_ms, rss_kib,
                      started: true, reason} - reason "deadline", "silent", "stopped",
                      "exited";
                      started false: it could not be made, reason says why */
    MESSAGE_END,   /* engine: JSON {instance, reason} - kill that collector's process; with
                      {instance: "reader", pid} the reader, if that is its pid;
                      front: {instance: "reader", reason} */
    MESSAGE_WATCH, /* engine: JSON {turn} - alive, for the watchdog; once a second at most */

    /* Collector and engine. The collector's side is not trusted. */
    MESSAGE_TABLES = 40, /* collector, first: JSON {plugin, version, sha256, stream, attributes:
                            [{name, kind: gauge|counter|event|text, unit, help, labels, personal:
                            [label...], method}], sandbox: {...}, pushed: of a stream whose
                            source keeps nothing}; the attribute's number is its
                            place in the list */
    MESSAGE_POSITIONS,   /* engine, once, first: JSON {instance, positions: {key: value}} */
    MESSAGE_COLLECT,  /* engine: u64 run, i64 deadline (wall ms, 0 for a stream): make a run now */
    MESSAGE_READINGS, /* collector: u32 count, then each: u32 attribute, double value,
                         text (for kind text), u16 labels, each a text */
    MESSAGE_EXCERPT,  /* collector: u32 attribute, text source, text place, bytes,
                            u32 count, of each personal part of them u32 from, u32 length */
    MESSAGE_MISSING,  /* collector: u32 attribute, text why */
    MESSAGE_LOST,     /* collector: text source, text unit, text why, u64 from, u64 to */
    MESSAGE_OPENED,   /* collector: text path, u64 device, u64 inode, u64 size, i64 mtime ms */
    MESSAGE_BATCH,    /* collector (stream): u32 flags (1: interval over, 2: urgent, 4: backlog:
                         more is waiting), u32 count, each text key, text value (positions):
                         everything since the last BATCH commits with these or not at all */
    MESSAGE_OUTCOME,  /* collector: i64 status (enum cfd_status), text why - ends a run */
    MESSAGE_SAID,     /* collector: u32 level, text - a line for the log */
    MESSAGE_ACK,      /* engine: u64 sequence - of the collector's messages, all up to this one are
                         committed (BATCH) or taken (others) */
    MESSAGE_PROVED, /* collector, alone, of a process that was started for its selftest: text status
                       (passed, failed, none), text SHA-256 of the plugin's file, text version,
                       text why */
    MESSAGE_WATCHED, /* collector: text source, u64 bytes, u64 lines - how much of it was read */

    /* Front and reader; of the engine the front asks POST /session alone. */
    MESSAGE_ASK = 60, /* front: JSON {id, method, path, query: {name: value}, body, token, peer:
                         {uid, pid, loginuid} (api.sock only)} */
    MESSAGE_ANSWER,   /* the other: JSON {id, status, type, body (text), headers: {name: value}} */
    MESSAGE_METRICS,  /* engine, with fd: JSON {kind: "metrics"|"samples"|"health", type:
                         "text"|"openmetrics"|"json", ready} - a sealed memfd that replaces the
                         one before; at most one a second and kind */
    MESSAGE_PAUSE, /* engine, to the front: JSON {paused} - while true nothing is to be asked of the
                      reader */

    /* Courier and engine. */
    MESSAGE_DELIVER = 80, /* engine: JSON {id, channel, event, body} */
    MESSAGE_DELIVERED,    /* courier: JSON {id, ok, again (may be tried again), after_ms, why} */
};

#define MESSAGE_JSON_MOST (16u << 20) /* bytes of JSON in a memfd */

/* Reads a JSON body or the sealed memfd in its place. ret is a new reference. ERROR_PEER. */
int messages_json(struct channel_message *message, json_t **ret) MUST_CHECK;
/* Sends an object (borrowed). */
int messages_send(struct channel *channel, enum message_type type, const json_t *object) MUST_CHECK;

#endif
