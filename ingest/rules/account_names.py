"""Names of accounts, from records of logins and account tools. In a raw log the records of calls have numbers alone.

Whom a failed login names is the attacker's choice, and `acct=` of sudo or su is the account that is changed to, while `auid=` is
the one that logged in. So a name is that of a number only in a record of success that has both: `id=` and `acct=` of an account
tool or a login, or `acct=` and `auid=` of the program that began the session (LOGIN), whose PAM module set `auid=` to the number
of the account (pam_loginuid(8)). The first name that a session gives stays, because that program may run sudo later.
"""

from __future__ import annotations

from itertools import islice

from ..numbers import number
from ..pyauparse import Record
from ..state.host import Host
from .identities import unless_unset

_KEPT = 4096
_LONGEST = 256
"""Characters of the longest name that useradd(8) and directories give."""
_SUCCESS = ("success", "yes", "1")
_WITH_ID = ("ADD_USER", "USER_LOGIN")
_OF_SESSION = ("USER_LOGIN", "USER_START", "CRED_ACQ", "CRED_REFR")


def learn(host: Host, record: Record) -> None:
    """Take the name of an account from a record of user space, if it has one."""
    name = record.get("acct")
    if not name or name[0] in "?(" or len(name) > _LONGEST or record.get("res") not in _SUCCESS:
        return
    uid = unless_unset(record.get("id")) if record.type in _WITH_ID else None
    if uid is None and record.type in _OF_SESSION:
        uid = _of_session(host, record)
        if uid in host.account_names:
            return
    if uid is not None:
        _bind(host, uid, name)


def _of_session(host: Host, record: Record) -> int | None:
    """The login user of a session, if the program that began it sent the record."""
    auid, ses = unless_unset(record.get("auid")), unless_unset(record.get("ses"))
    login = host.logins.get(ses) if ses is not None else None
    if login is None or auid is None:
        return None
    image = login.image
    return auid if image.pid == number(record.get("pid")) and (image.auid, image.ses) == (auid, ses) else None


def _bind(host: Host, uid: int, name: str) -> None:
    """The number has this name from now on; processes that run have it, too."""
    if host.account_names.get(uid) == name:
        return
    if len(host.account_names) >= _KEPT:
        for old in list(islice(host.account_names, _KEPT // 4)):
            del host.account_names[old]
    host.account_names.pop(uid, None)
    host.account_names[uid] = name
    for image in host.live.values():
        named = [one._replace(user=name) if (one.uid, one.user) == (uid, None) else one for one in image.accounts or ()]
        if image.accounts is not None and named != image.accounts:
            image.accounts = named
            host.changed_images[image.id] = image
        if image.uid == uid and image.user is None:
            image.user = name
            host.changed_images[image.id] = image
