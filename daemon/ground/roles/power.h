/* What a program may ask of the kernel: the sandbox's tables say which system calls each power
 * allows. */
#ifndef ROLES_POWER_H
#define ROLES_POWER_H

/* What lets a system call through. */
enum power {
    POWER_ANY = 1 << 0,      /* every program but the parent */
    POWER_READ = 1 << 1,     /* opens files for reading */
    POWER_WATCH = 1 << 2,    /* is notified of changes of files */
    POWER_STORE = 1 << 3,    /* opens files for writing, and makes them */
    POWER_REMOVE = 1 << 4,   /* takes files away, cuts them short */
    POWER_SEAL = 1 << 5,     /* hands large messages over in sealed memory */
    POWER_ACCEPT = 1 << 6,   /* takes connections of sockets that it was given */
    POWER_CONNECT = 1 << 7,  /* connects over the network */
    POWER_LOCAL = 1 << 8,    /* connects to a socket of this host */
    POWER_SERVE = 1 << 9,    /* makes sockets that listen */
    POWER_NETLINK = 1 << 10, /* asks the kernel over netlink */
    POWER_THREAD = 1 << 11,  /* starts threads */
    POWER_RUN = 1 << 12,     /* runs programs */
    POWER_OUTPUT = 1 << 13,  /* opens for writing: Landlock says what */
    POWER_SIGNAL = 1 << 14,  /* sends signals: Landlock says where to */
    POWER_DEBUG = 1 << 15,   /* of builds with sanitizers */
    POWER_CLOCK = 1 << 16,   /* asks whether the clock is synchronised; to set it takes more */
};

#endif
