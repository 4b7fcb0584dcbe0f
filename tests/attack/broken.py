"""A service with a seeded defect: an ordinary address makes it fail. The attack must notice."""

import socket

import uvicorn
from fastapi import FastAPI

app = FastAPI(openapi_url="/api/v1/openapi.json")


@app.get("/api/v1/reports/{case_number}")
def fails(case_number: str) -> int:
    """Fails for what is not a number, as most case numbers are not."""
    return int(case_number)


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"Reunite is at http://127.0.0.1:{listening.getsockname()[1]}")
    uvicorn.Server(uvicorn.Config(app, log_config=None)).run(sockets=[listening])
