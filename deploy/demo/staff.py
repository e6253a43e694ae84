"""Whom one may be in the demo: invented people, each with a role, to choose from at the demo's sign-in."""

from collections.abc import Iterable
from dataclasses import dataclass

from deploy.demo.people import MAIL_DOMAIN
from deploy.local.services import Town
from deploy.local.sign_in import Account


@dataclass(frozen=True)
class Colleague:
    """One of them: the words of the list, the role and what it is limited to."""

    name: str
    post: str
    role: str
    scope: str = ""

    @property
    def subject(self) -> str:
        """What the provider calls them."""
        return self.name.lower().replace(" ", "-")

    @property
    def account(self) -> Account:
        """Their account at the provider."""
        return Account(self.subject, self.name, self.post)


COLLEAGUES = (
    Colleague("Sam Okafor", "SENCo of Larkspur Primary", "school-user", "900001"),
    Colleague("Ruth Nyland", "headteacher of Larkspur Primary", "headteacher", "900001"),
    Colleague("Imran Sadiq", "SENCo of Marlpit Primary", "school-user", "900101"),
    Colleague("Joan Ferrers", "Communication and Autism team", "team-member", "communication-autism"),
    Colleague("Piotr Lange", "Communication and Autism team", "team-member", "communication-autism"),
    Colleague("Dee Marsh", "Specific Learning Difficulties team", "team-member", "spld"),
    Colleague("Alan Pryce", "Outreach Co-ordinator, area 1", "outreach-coordinator", "DSPL1"),
    Colleague("Mo Adeyemi", "Outreach Co-ordinator, area 2", "outreach-coordinator", "DSPL2"),
    Colleague("Hana Weiss", "SALI officer", "sali-officer"),
    Colleague("Cara Lloyd", "SEND Implementation Support Officer, area 1", "send-officer", "DSPL1"),
    Colleague("Tom Ashby", "EHC Co-ordinator", "ehc-coordinator"),
    Colleague("Nell Granger", "panel co-ordinator", "panel-coordinator"),
    Colleague("Femi Oyelaran", "panel member", "panel-member"),
    Colleague("Sunita Rao", "panel member", "panel-member"),
    Colleague("Leonard Pike", "panel member", "panel-member"),
    Colleague("Grace Whitlock", "chair of the panel", "chair"),
    Colleague("Iain Munro", "deciding officer", "deciding-officer"),
    Colleague("Vera Holt", "service manager", "service-manager"),
    Colleague("Ada Quill", "administrator", "administrator"),
)


def accounts() -> list[Account]:
    """Everybody's account, and one of somebody whom the services do not know."""
    return [*(each.account for each in COLLEAGUES), Account("a-stranger", "A stranger", "no access")]


def appoint(town: Town, colleagues: Iterable[Colleague] = COLLEAGUES) -> None:
    """Appoints them, as an operator does. Raises StackError with what the command says where it refuses."""
    file = town.folder / "staff.toml"
    file.write_text("\n".join(_entry(each) for each in colleagues), encoding="utf-8")
    town.referrals.operate("staff", "load", str(file))


def _entry(one: Colleague) -> str:
    scope = f'scope = "{one.scope}"\n' if one.scope else ""
    return (
        f'[[staff]]\nsubject = "{one.subject}"\nname = "{one.name}"\n'
        f'email = "{one.subject}@{MAIL_DOMAIN}"\n[[staff.roles]]\nrole = "{one.role}"\n{scope}'
    )
