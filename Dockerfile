# One image, three commands: `plenary api`, `plenary worker`, `plenary migrate`. No embedded servers in it.
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir --disable-pip-version-check 'uv>=0.13,<0.14'
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /srv/plenary
COPY pyproject.toml uv.lock README.md ./
# The dependencies change seldom and make a layer of their own.
RUN uv sync --frozen --extra pdf --no-install-project
COPY app app
COPY workers workers
COPY alembic alembic
RUN uv sync --frozen --extra pdf && python -m compileall -q app workers

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin plenary
COPY --from=build /srv/plenary /srv/plenary
WORKDIR /srv/plenary
ENV PATH=/srv/plenary/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    PLENARY_ENVIRONMENT=production PLENARY_HOST=0.0.0.0 PLENARY_PORT=8000 PLENARY_HOME=/var/lib/plenary
# Only the outbox of a trial without a mail server is ever written here.
RUN install -d -o plenary -g plenary -m 0700 /var/lib/plenary
VOLUME /var/lib/plenary
USER plenary
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["plenary"]
CMD ["api"]
