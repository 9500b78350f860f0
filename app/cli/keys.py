"""Keys of the API, and the keys that seal stored secrets."""

from typing import Annotated

import typer

from app.cli.words import awake_database, ending_in_words, read_settings

commands = typer.Typer(no_args_is_help=True)

# What the API calls it, and what is typed here.
_OPTIONS = {
    "/name": "--name",
    "/role": "ROLE",
    "/person": "--person",
    "/person/name": "--person",
    "/person/email": "--email",
    "/origins": "--origin",
    "/boundary": "--practice or --locality",
}


@commands.command("create")
def keys_create(
    role: Annotated[str, typer.Argument(help="platform_admin, commissioner_admin, payments_approver, …")],
    commissioner: Annotated[str | None, typer.Option(help="Code of the tenant; platform_admin has none.")] = None,
    name: Annotated[str | None, typer.Option(help="What the key is called; default: its role.")] = None,
    person: Annotated[str | None, typer.Option(metavar="NAME", help="Who acts with it.")] = None,
    email: Annotated[str | None, typer.Option(help="The person's address, by which a known person is found.")] = None,
    practice: Annotated[str | None, typer.Option(help="Within one practice.")] = None,
    locality: Annotated[
        str | None, typer.Option(metavar="ID", help="Within one locality; its code and its name do as well.")
    ] = None,
    origin: Annotated[list[str] | None, typer.Option(help="A web page that may use it; role intranet only.")] = None,
) -> None:
    """Make a key and print it, alone on standard output. It is shown this once."""
    import asyncio

    from app.access.adapters.command import describe_role, make_key
    from app.access.values import KeyTerms

    settings = read_settings()
    with ending_in_words(_OPTIONS), awake_database(settings):
        wanted = describe_role(
            role, commissioner=commissioner, name=person, email=email, practice=practice, locality=locality
        )
        terms = KeyTerms(name=name or role, origins=tuple(origin or ()))
        made = asyncio.run(make_key(settings, commissioner=commissioner, wanted=wanted, terms=terms))
    if made.acts_for is not None:
        typer.echo(f"Whoever has this key acts as {made.acts_for}.", err=True)
    typer.echo(made.text)


@commands.command("list")
def keys_list(
    commissioner: Annotated[str | None, typer.Option(help="Code of the tenant; default: the platform's keys.")] = None,
) -> None:
    """Show the keys of one commissioner, never their secrets."""
    import asyncio

    from app.access.adapters.command import list_keys

    settings = read_settings()
    with ending_in_words(), awake_database(settings):
        lines = asyncio.run(list_keys(settings, commissioner=commissioner, role=None))
    for line in lines:
        typer.echo(f"{line.id}  {line.state:8} {line.role:20} {line.boundary:12} {line.prefix}  {line.name}")


@commands.command("revoke")
def keys_revoke(key_id: Annotated[str, typer.Argument(help="The key's id, from `plenary keys list`.")]) -> None:
    """Revoke a key of whichever commissioner. It is refused everywhere within five seconds."""
    import asyncio
    from uuid import UUID

    from app.access.adapters.command import end_key

    settings = read_settings()
    try:
        wanted = UUID(key_id)
    except ValueError:
        raise typer.BadParameter("give the id of a key") from None
    with ending_in_words(), awake_database(settings):
        asyncio.run(end_key(settings, wanted))
    typer.echo(f"{key_id} is revoked and will be refused everywhere within five seconds.")


@commands.command("secret")
def keys_secret() -> None:
    """Print a fresh value for PLENARY_SECRET_KEYS; put it in front of the others to rotate."""
    from app.core.secrets import new_key_setting

    typer.echo(new_key_setting())
